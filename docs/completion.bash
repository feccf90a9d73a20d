# SPDX-License-Identifier: Apache-2.0
# bash completion for rootfence. It asks the program itself for commands and options.

_rootfence_policies() {
	rootfence policy names 2>/dev/null | sed 's/ .*//'
}

_rootfence_commands() {
	rootfence help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-zA-Z]*\) .*/\1/p'
}

_rootfence() {
	local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} words=''

	if [[ $COMP_CWORD -eq 1 ]]; then
		words="--help --version $(_rootfence_commands)"
	elif [[ $last == --format ]]; then
		words=$(rootfence "${COMP_WORDS[1]}" --help 2>/dev/null |
			sed -n 's/(default)//; s/,\| or / /g; s/^  --format F *//p')
	elif [[ ${COMP_WORDS[1]} == policy && $word != -* ]]; then
		words='lint show list diff names schema'
		[[ $COMP_CWORD -eq 2 ]] || words=$(_rootfence_policies)
		[[ ${COMP_WORDS[2]} != list ]] || words=--format
		[[ ${COMP_WORDS[2]} != @(names|schema) ]] || words=''
	elif [[ ${COMP_WORDS[1]} == help ]]; then
		words=$(_rootfence_commands)
	elif [[ $last == --hook ]]; then
		words='lsm prepare commit exec'
	elif [[ $last == --policy ]]; then
		words=$(_rootfence_policies)
	elif [[ $word == -* ]]; then
		words=$(rootfence "${COMP_WORDS[1]}" --help 2>/dev/null |
			sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o default -F _rootfence rootfence
