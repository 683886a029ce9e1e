# SPDX-License-Identifier: BSD-2-Clause
# Completion for bash. Commands and options are those that `mapbridge --help` tells.

_mapbridge() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=

	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$(mapbridge --help | sed -n 's/^  \([a-z]*\)  *[^ ].*/\1/p') --help --version"
	else
		case $previous in
		--as | --policy)
			# what it says to a value that there is not
			words=$(mapbridge "${COMP_WORDS[1]}" "$previous" '?' 2>&1 | sed -n 's/.*; there are //; s/,\| and / /gp')
			;;
		*)
			case $current in
			-*) words=$(mapbridge "${COMP_WORDS[1]}" --help | grep -o -e '--[a-z][a-z-]*' | sort -u) ;;
			esac
			;;
		esac
	fi
	# nothing here: file names
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -o bashdefault -F _mapbridge mapbridge
