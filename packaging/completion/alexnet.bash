# Completion for bash. What may follow says the program; where it says nothing, files.
_alexnet() {
  mapfile -t COMPREPLY < <("$1" complete "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null | cut -f 1)
}
complete -o default -F _alexnet alexnet
