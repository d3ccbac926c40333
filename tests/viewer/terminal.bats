#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The terminal UI in a real terminal (tmux): keys, resize, and the terminal in order on every way out.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	T=$(mktemp -d)
	"$BUILD/tests/tools/makedb" "$T/x.db" --seconds 5
	export TMUX_TMPDIR=$T SHELL=/bin/sh
	unset TMUX
	tmux -f /dev/null new-session -d -x 80 -y 24 "PS1='ready> ' sh" 3>&-
	wait_for 'ready>'
}

teardown() {
	tmux kill-server || true
	rm -rf "$T"
}

screen() {
	tmux capture-pane -p
}

# wait_for TEXT: until the screen shows it; gives up after 10 s.
wait_for() {
	for _ in $(seq 200); do
		screen | grep -qF -- "$1" && return 0
		sleep 0.05
	done
	screen
	return 1
}

# The pid of the viewer, told from all others by its file.
viewer() {
	pgrep -f "^$P top $T/x.db"
}

start() {
	tmux send-keys "clear; $P top $T/x.db" Enter
	wait_for '? help'
	[ "$(tmux display -p '#{alternate_on}')" = 1 ]
}

# The shell is back, on the normal screen, with echo, line editing and the cursor.
terminal_is_restored() {
	wait_for 'ready>'
	[ "$(tmux display -p '#{alternate_on} #{cursor_flag}')" = '0 1' ]
	# Typed, the last word is another than printed: what is seen is not the command.
	tmux send-keys 'clear; stty -a | grep -c -E "(^| )(echo|icanon)( |;|$)"; echo do""ne' Enter
	wait_for 'done'
	screen | grep -qE '^[12]$'
	! screen | grep -qE -- '(^| )-(echo|icanon)( |$)'
}

@test "the keys of the help change the screen" {
	start
	tmux send-keys 2
	wait_for 'lead time'
	tmux send-keys '?'
	wait_for 'next view'
	tmux send-keys Escape
	wait_for 'lead time'
	tmux send-keys 1
	wait_for 'alarm'
	tmux send-keys Tab
	wait_for 'lead time'
	before=$(screen | tail -n 1)
	tmux send-keys +
	for _ in $(seq 100); do
		[ "$(screen | tail -n 1)" != "$before" ] && break
		sleep 0.05
	done
	[ "$(screen | tail -n 1)" != "$before" ]
}

@test "q leaves the terminal in order" {
	start
	tmux send-keys q
	terminal_is_restored
}

@test "Ctrl-C leaves the terminal in order" {
	start
	tmux send-keys C-c
	terminal_is_restored
}

@test "SIGTERM and SIGHUP leave the terminal in order" {
	for sig in TERM HUP; do
		start
		kill -"$sig" "$(viewer)"
		terminal_is_restored
	done
}

@test "a crash leaves the terminal in order" {
	for sig in SEGV ABRT; do
		start
		kill -"$sig" "$(viewer)"
		terminal_is_restored
	done
}

@test "Ctrl-Z gives the terminal back, and fg takes it again" {
	start
	tmux send-keys C-z
	terminal_is_restored
	tmux send-keys 'fg' Enter
	wait_for '? help'
	tmux send-keys q
	terminal_is_restored
}

@test "resize redraws; too small says so and recovers" {
	start
	tmux resize-window -x 120 -y 40
	for _ in $(seq 200); do
		[ "$(screen | awk '/LIVE|ENDED|PAUSED/ { print NR }' | tail -n 1)" = 40 ] && break
		sleep 0.05
	done
	[ "$(screen | awk '/LIVE|ENDED|PAUSED/ { print NR }' | tail -n 1)" = 40 ]
	tmux resize-window -x 30 -y 6
	wait_for 'too small'
	tmux resize-window -x 80 -y 24
	wait_for '? help'
	tmux send-keys q
	terminal_is_restored
}

@test "a live recording moves, and its end shows" {
	tmux send-keys "clear; $P demo --for 3s -o $T/demo.db" Enter
	wait_for 'LIVE'
	first=$(screen)
	wait_for 'lead time'
	for _ in $(seq 200); do
		[ "$(screen)" != "$first" ] && break
		sleep 0.05
	done
	[ "$(screen)" != "$first" ]
	wait_for 'ENDED'
	tmux send-keys q
	wait_for 'The recording is in'
	terminal_is_restored
	[ "$(sqlite3 "$T/demo.db" "SELECT value FROM meta WHERE key = 'ended'")" = complete ]
}

@test "quitting a live demo ends the program and keeps the recording" {
	tmux send-keys "clear; $P demo -o $T/demo.db" Enter
	wait_for 'LIVE'
	tmux send-keys Q
	wait_for 'The recording is in'
	[ "$(sqlite3 "$T/demo.db" "SELECT value FROM meta WHERE key = 'ended'")" = complete ]
}

@test "Ctrl-C on a recording reaches the program once and lets it halt in order" {
	tmux send-keys "clear; $P record -o $T/r.db -- $BUILD/refnic --traffic poisson:rate=5k" Enter
	for _ in $(seq 200); do
		[ "$(sqlite3 "file:$T/r.db?mode=ro" 'SELECT count(*) FROM event' 2>/dev/null || echo 0)" -ge 200 ] && break
		sleep 0.05
	done
	tmux send-keys C-c
	wait_for 'look at it with'
	[ "$(sqlite3 "$T/r.db" "SELECT value FROM meta WHERE key = 'ended'")" = complete ]
	[ "$(sqlite3 "$T/r.db" "SELECT count(*) FROM event WHERE kind = 'pool_close'")" = 1 ]
}

# The mouse's flag in tmux: reports of movement while a button is down.
mouse_is() {
	for _ in $(seq 200); do
		[ "$(tmux display -p '#{mouse_button_flag}')" = "$1" ] && return 0
		sleep 0.05
	done
	return 1
}

# click BUTTON X Y: as a terminal of this TERM would say it, from 1,1.
click() {
	if infocmp -x "$TERM" | grep -q 'kmous=\\E\[<'; then
		tmux send-keys -l "$(printf '\033[<%d;%d;%dM' "$@")"
	else
		tmux send-keys -l "$(awk -v b="$1" -v x="$2" -v y="$3" 'BEGIN { printf "\033[M%c%c%c", 32 + b, 32 + x, 32 + y }')"
	fi
}

@test "the mouse is used when asked for, and given back on every way out" {
	tmux send-keys "clear; TERM=$TERM $P top --mouse --view pool $T/x.db" Enter
	wait_for '? help'
	mouse_is 1
	click 0 30 12
	wait_for '@ 0'
	tmux send-keys F2
	wait_for 'mouse off'
	mouse_is 0
	tmux send-keys F2
	mouse_is 1
	tmux send-keys C-z
	terminal_is_restored
	mouse_is 0
	tmux send-keys 'fg' Enter
	mouse_is 1
	kill -SEGV "$(pgrep -f "^$P top --mouse --view pool $T/x.db")"
	terminal_is_restored
	mouse_is 0
}

@test "without --mouse the mouse stays the terminal's" {
	start
	mouse_is 0
}

@test "a process that was stopped and goes on draws its screen anew" {
	start
	kill -STOP "$(viewer)"
	wait_for 'ready>' # over our screen: nobody could give it back
	tmux send-keys 'fg' C-j
	for _ in $(seq 200); do
		screen | grep -qF 'ready>' || break
		sleep 0.05
	done
	run ! grep -qF 'ready>' <<<"$(screen)"
	tmux send-keys 2
	wait_for 'lead time'
	tmux send-keys q q
	terminal_is_restored
}

@test "replay plays, pauses and ends" {
	# Slow enough for a busy machine to be seen playing.
	tmux send-keys "clear; $P replay --speed 5 $T/x.db" Enter
	wait_for '5x'
	wait_for 'the end of the recording'
	tmux send-keys Home Space
	wait_for '5x'
	tmux send-keys Space
	wait_for 'ENDED'
	tmux send-keys '{'
	wait_for 'speed 2x'
	tmux send-keys q
	terminal_is_restored
}

@test "a terminal that cannot show it is refused in one line" {
	for term in dumb no-such-terminal; do
		tmux send-keys "clear; TERM=$term $P top $T/x.db; echo status \$?" Enter
		wait_for 'cannot use the terminal'
		wait_for 'status 3'
		terminal_is_restored
	done
	tmux send-keys "clear; TERM=vt100 $P top --view pool $T/x.db" Enter
	wait_for '? help'
	tmux send-keys q
	terminal_is_restored
}

@test "random keys and resizes on a real terminal leave it in order" {
	tmux send-keys "cd $T; clear; $P top --mouse $T/x.db" Enter
	wait_for '? help'
	RANDOM=7
	keys=(Up Down Left Right PPage NPage Home End Tab BTab Enter Escape Space BSpace DC F1 F2 F3 F4 F5 F6 F7
		F8 F9 S-Left S-Right C-a C-d C-e C-g C-k C-l C-u C-w a b c d e f g h i j k l m n o p r s t u v w x y z
		A B C D E F G H I J K L M N O P R T U V W X Y Z 0 1 2 3 4 5 6 7 8 9 ! @ % ^ '&' '*' '(' ')' - + '=' '[' ']'
		'{' '}' ',' . '<' '>' / '?' : \' '"' '|' '~')
	for _ in $(seq 12); do
		batch=()
		for _ in $(seq 100); do
			batch+=("${keys[RANDOM % ${#keys[@]}]}")
		done
		tmux send-keys -- "${batch[@]}"
		tmux resize-window -x $((1 + RANDOM % 200)) -y $((2 + RANDOM % 60))
	done
	tmux resize-window -x 80 -y 24
	kill -0 "$(viewer_with_mouse)"
	kill -TERM "$(viewer_with_mouse)"
	terminal_is_restored
	mouse_is 0
}

viewer_with_mouse() {
	pgrep -f "^$P top --mouse $T/x.db"
}
