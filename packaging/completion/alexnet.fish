# Completion for fish. What may follow says the program; where it says nothing, files.
function __alexnet_complete
    set -l words (commandline --tokenize --current-process --cut-at-cursor)
    set -l found ($words[1] complete $words (commandline --current-token) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline --current-token)
    end
end
complete --command alexnet --no-files --arguments '(__alexnet_complete)'
