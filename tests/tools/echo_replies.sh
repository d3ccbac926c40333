#!/bin/bash
# SPDX-License-Identifier: MIT
# echo_replies.sh V4 V6: waits until the network stack has got that many echo replies; 20 s at most.
# ping(8) itself waits for two round trips after its last request, which is too short on a busy machine.
for _ in $(seq 1000); do
	v4=$(awk '$1 == "Icmp:" && !at { for (i = 2; i <= NF; i++) if ($i == "InEchoReps") at = i; next }
		$1 == "Icmp:" { print $at }' /proc/net/snmp)
	v6=$(awk '$1 == "Icmp6InEchoReplies" { print $2 }' /proc/net/snmp6)
	[ "$v4|$v6" = "$1|$2" ] && exit
	sleep 0.02
done
echo "echo replies: $v4 and $v6, not $1 and $2" >&2
exit 1
