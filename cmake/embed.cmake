# alexnet_embed(CODE HEADER NAMESPACE NAME=FILE...) makes CODE, C++ that defines a std::string_view for each NAME, as
# HEADER declares them in NAMESPACE. The same file, run with cmake -P, writes it.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(embed_script ${CMAKE_CURRENT_LIST_FILE})
  function(alexnet_embed CODE HEADER NAMESPACE)
    list(TRANSFORM ARGN REPLACE "^[^=]+=" "" OUTPUT_VARIABLE files)
    list(JOIN ARGN "|" items)
    add_custom_command(
      OUTPUT ${CODE}
      COMMAND ${CMAKE_COMMAND} -D CODE=${CODE} -D HEADER=${HEADER} -D NAMESPACE=${NAMESPACE} -D
              "ITEMS=${items}" -P ${embed_script}
      DEPENDS ${files} ${embed_script}
      COMMENT "Embedding what ${HEADER} declares"
      VERBATIM)
  endfunction()
  return()
endif()

set(code "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n")
string(REPLACE "|" ";" items "${ITEMS}")
foreach(item IN LISTS items)
  string(REGEX MATCH "^([^=]+)=(.+)$" _ "${item}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} text HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${text}")
  string(APPEND code "\nnamespace {\nconstexpr unsigned char ${name}_bytes[] = {${bytes}};\n}\n"
                     "const std::string_view ${name}{reinterpret_cast<const char*>(${name}_bytes),\n"
                     "                            sizeof(${name}_bytes)};\n")
endforeach()
string(APPEND code "\n}  // namespace ${NAMESPACE}\n")
file(WRITE ${CODE} "${code}")
