#!/bin/bash
# SPDX-License-Identifier: MIT
# Holds the arrows of docs/architecture.md: which folder may include which.  Prints each include that
# goes against them, and fails then.
set -u
cd "$(dirname "$0")/.." || exit 1

# The folders (or single files) that a folder may include; it may always include itself.
allowed() {
	case $1 in
	db) echo 'sqlite3.h' ;;
	tracer) echo 'db/ tracer/ babeltrace2/ lttng/' ;;
	tracer/poolscope) echo 'tracer/poolscope.h lttng/' ;;
	# Lead times are said and drawn as refnic says and draws them.
	tuner) echo 'db/ driver/miniport/policy.h driver/spec/' ;;
	viewer) echo 'db/ tuner/ curses' ;;
	cli) echo 'db/ tracer/ tuner/ viewer/ driver/ sqlite3.h babeltrace2/ lttng/ jansson.h pcap/' ;;
	driver/ndis) echo 'driver/nic/ driver/exec/ driver/spec/ tracer/poolscope.h' ;;
	driver/nic) echo '' ;;
	driver/miniport) echo 'driver/ndis/ndis.h tracer/poolscope.h' ;;
	driver/loader) echo 'driver/ndis/' ;;
	driver/stack) echo 'driver/ndis/ driver/exec/ driver/traffic/ driver/spec/' ;;
	driver/spec) echo '' ;;
	driver/traffic) echo 'driver/spec/ pcap/' ;;
	driver/exec) echo '' ;;
	driver/machine) echo 'driver/ndis/ driver/nic/ driver/stack/ driver/traffic/ driver/exec/ driver/spec/ driver/miniport/policy.h' ;;
	# refnic with -o FILE is driver and recorder in one; nothing below driver/ knows of it.
	driver) echo 'driver/ tracer/poolscope.h tracer/direct.h tuner/judge.h db/store.h' ;;
	*) echo '?' ;;
	esac
}

# resolve FILE INCLUDE: the path from the top of the tree that the compiler would find.
resolve() {
	local dir
	for dir in "$(dirname "$1")" . driver/ndis tracer; do
		if [ -e "$dir/$2" ]; then
			realpath --relative-to=. "$dir/$2"
			return
		fi
	done
	echo "$2"
}

bad=0
complain() {
	echo "$1: includes $2; $3"
	bad=1
}

while IFS= read -r file; do
	folder=$(dirname "$file")
	may=$(allowed "$folder")
	[ "$may" = '?' ] && complain "$file" anything "folder $folder has no entry in $0"
	while read -r include; do
		case $include in
		\"*) path=$(resolve "$file" "${include//\"/}") ;;
		*) path=${include//[<>]/} ;;
		esac
		[ "$(dirname "$path")" = "$folder" ] && continue
		case $path in
		*/* | sqlite3.h | jansson.h | *curses*) ;;
		*) continue ;; # the C library
		esac
		case $path in sys/* | sanitizer/* | net/* | netinet/* | arpa/* | linux/*) continue ;; esac
		ok=
		for prefix in $may; do
			case $path in
			"$prefix"*) ok=1 ;;
			*curses*) [ "$prefix" = curses ] && ok=1 ;;
			esac
		done
		[ -n "$ok" ] || complain "$file" "$path" "$folder may include only: ${may:-itself}"
	done < <(sed -n 's/^[ \t]*#[ \t]*include[ \t]*\(["<][^">]*[">]\).*/\1/p' "$file")
done < <(git ls-files --cached --others --exclude-standard 'driver/*.[ch]' 'db/*.[ch]' 'tracer/*.[ch]' \
	'tuner/*.[ch]' 'viewer/*.[ch]' 'cli/*.[ch]')

# One file owns the terminal, and only the session's file speaks to LTTng's daemon about sessions.
curses=$(grep -lE '#[ \t]*include.*curses' viewer/*.[ch] 2>/dev/null | wc -l)
if [ "$curses" -gt 1 ]; then
	complain viewer curses "in $curses files; one file owns the terminal"
fi
[ "$bad" = 0 ] && echo "all includes go along the arrows"
exit $bad
