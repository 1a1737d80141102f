# alexnet_man_pages(): makes alexnet(1) and a page for each command of the program's --help, and installs them, where
# help2man is there. The same file, run with cmake -P, writes them.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(man_script ${CMAKE_CURRENT_LIST_FILE})
  function(alexnet_man_pages)
    find_program(HELP2MAN help2man)
    if(NOT HELP2MAN OR CMAKE_CROSSCOMPILING OR ALEXNET_SANITIZE)
      return()
    endif()
    set(pages ${PROJECT_BINARY_DIR}/man1)
    add_custom_command(
      OUTPUT ${pages}/alexnet.1.gz
      COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:alexnet_program> -D VERSION=${PROJECT_VERSION} -D
              HELP2MAN=${HELP2MAN} -D PAGES=${pages} -P ${man_script}
      DEPENDS alexnet_program ${man_script}
      COMMENT "Making man pages of alexnet --help"
      VERBATIM)
    add_custom_target(alexnet_man_pages ALL DEPENDS ${pages}/alexnet.1.gz)
    install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program OPTIONAL)
  endfunction()
  return()
endif()

# write_page(PAGE COMMAND SUMMARY SEE_ALSO): PAGE.1.gz about `alexnet COMMAND`.
function(write_page page command summary see_also)
  file(WRITE ${PAGES}/page.h2m "[see also]\n${see_also}\n")
  execute_process(
    COMMAND ${HELP2MAN} --no-info --name=${summary} --version-string=${VERSION} --manual=alexnet "--source=alexnet ${VERSION}"
            --include=${PAGES}/page.h2m "${PROGRAM} ${command}"
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(TOUPPER ${page} title)
  string(REGEX REPLACE "\n\\.TH [^ ]+ " "\n.TH ${title} " text "${text}")
  string(REGEX REPLACE "\n\\.SH NAME\n[^\\\n]* " "\n.SH NAME\n${page} " text "${text}")
  file(WRITE ${PAGES}/${page}.1 "${text}")
  execute_process(COMMAND gzip -9nf ${PAGES}/${page}.1 COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE ${PAGES}/page.h2m)
endfunction()

file(REMOVE_RECURSE ${PAGES})
execute_process(COMMAND ${PROGRAM} complete "" OUTPUT_VARIABLE commands COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" commands "${commands}")
foreach(line IN LISTS commands)
  string(REGEX MATCH "^([a-z]+)\t(.*)$" _ "${line}")
  write_page(alexnet-${CMAKE_MATCH_1} ${CMAKE_MATCH_1} "${CMAKE_MATCH_2}" ".BR alexnet (1)")
  list(APPEND see_also ".BR alexnet-${CMAKE_MATCH_1} (1)")
endforeach()
list(JOIN see_also ",\n" see_also)
write_page(alexnet "" "train, evaluate and use AlexNet" "${see_also}")
