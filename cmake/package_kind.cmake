# Run by cpack for each kind of package.
if(NOT EXISTS ${CPACK_ALEXNET_MAN_PAGE})
  message(FATAL_ERROR "there are no man pages to pack: install help2man, then configure and build again")
endif()

if(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_COMPONENTS_ALL program program_documents library library_documents c cpp development_documents)

  # Only `search` needs what libalexnet_faiss.so does. dpkg-shlibdeps warns that the files are not in a package's folder.
  set(work ${CPACK_TOPLEVEL_DIRECTORY}/dependencies)
  file(WRITE ${work}/debian/control "")
  execute_process(
    COMMAND dpkg-shlibdeps -O -dDepends ${CPACK_ALEXNET_PROGRAM} -dRecommends ${CPACK_ALEXNET_FAISS}
    WORKING_DIRECTORY ${work} OUTPUT_VARIABLE found ERROR_VARIABLE warnings RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "dpkg-shlibdeps failed: ${warnings}")
  endif()
  foreach(kind Depends Recommends)
    string(REGEX MATCH "shlibs:${kind}=([^\n]*)" _ "${found}")
    string(TOUPPER ${kind} upper)
    set(CPACK_DEBIAN_PROGRAM_PACKAGE_${upper} "${CMAKE_MATCH_1}")
  endforeach()
else()
  set(CPACK_COMPONENTS_ALL program library c bundled)
  set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
endif()
