# oneDNN 2.x as the target oneDNN::oneDNN. Debian's own dnnl-config.cmake asks for OpenCL's headers, which
# neither we nor libdnnl-dev need or bring.
find_path(oneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(oneDNN_LIBRARY dnnl)
if(oneDNN_INCLUDE_DIR)
  file(READ ${oneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h version_header)
  foreach(part MAJOR MINOR PATCH)
    string(REGEX MATCH "DNNL_VERSION_${part} ([0-9]+)" _ "${version_header}")
    list(APPEND version_parts ${CMAKE_MATCH_1})
  endforeach()
  list(JOIN version_parts "." oneDNN_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  oneDNN
  REQUIRED_VARS oneDNN_LIBRARY oneDNN_INCLUDE_DIR
  VERSION_VAR oneDNN_VERSION HANDLE_VERSION_RANGE)

if(oneDNN_FOUND AND NOT TARGET oneDNN::oneDNN)
  add_library(oneDNN::oneDNN UNKNOWN IMPORTED)
  set_target_properties(oneDNN::oneDNN PROPERTIES IMPORTED_LOCATION ${oneDNN_LIBRARY}
                                                  INTERFACE_INCLUDE_DIRECTORIES ${oneDNN_INCLUDE_DIR})
endif()
