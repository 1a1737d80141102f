# Fails when LIBRARY exports other symbols than the file SYMBOLS lists, or HEADER declares other functions.
execute_process(COMMAND ${NM} --dynamic --defined-only --format=posix ${LIBRARY} OUTPUT_VARIABLE output
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${output}")
set(exported "")
list(FILTER lines EXCLUDE REGEX "^ALEXNET_1[@ ]")  # the version itself, which GNU's and LLVM's nm write in different ways
foreach(line IN LISTS lines)
  string(REGEX MATCH "^[^ ]+ [A-Za-z]" symbol "${line}")  # "alexnet_version@@ALEXNET_1 T"
  list(APPEND exported "${symbol}")
endforeach()
list(SORT exported)
list(JOIN exported "\n" exported)
file(READ ${SYMBOLS} expected)
if(NOT "${exported}\n" STREQUAL expected)
  message(FATAL_ERROR "${LIBRARY} exports\n${exported}\nwhere ${SYMBOLS} has\n${expected}"
                      "Added symbols go into the file, with a new ALEXNET_C_VERSION_MINOR; none may go or change.")
endif()

file(READ ${HEADER} header)
string(REGEX MATCHALL "\nALEXNET_API [^;(]+\\(" declarations "${header}")
list(TRANSFORM declarations REPLACE ".*[ *](alexnet_[a-z0-9_]+)\\($" "\\1@@ALEXNET_1 T")
list(SORT declarations)
list(JOIN declarations "\n" declared)
if(NOT "${declared}\n" STREQUAL expected)
  message(FATAL_ERROR "${HEADER} declares\n${declared}\nwhere ${SYMBOLS} has\n${expected}")
endif()
