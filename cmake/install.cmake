# A package that other projects find with find_package(alexnet).
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/alexnet)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/alexnet-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)

# For users of the C interface with other build systems.
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/alexnet.pc.in ${PROJECT_BINARY_DIR}/alexnet.pc @ONLY)

# alexnet_install_library(LIBRARY ...): LIBRARY as the package's alexnet::alexnet, the C interface as alexnet::c, and
# the headers; what follows it goes to install().
function(alexnet_install_library library)
  set_target_properties(${library} PROPERTIES EXPORT_NAME alexnet)
  get_target_property(type ${library} TYPE)
  set(config ${CMAKE_CURRENT_BINARY_DIR}/${library}/alexnet-config.cmake)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/alexnet-config.cmake.in ${config} INSTALL_DESTINATION ${package})
  install(TARGETS ${library} alexnet_c EXPORT ${library} ${ARGN})
  install(EXPORT ${library} FILE alexnet-targets.cmake NAMESPACE alexnet:: DESTINATION ${package} ${ARGN})
  install(FILES ${config} ${PROJECT_BINARY_DIR}/alexnet-config-version.cmake
                ${PROJECT_SOURCE_DIR}/cmake/FindoneDNN.cmake
          DESTINATION ${package} ${ARGN})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${ARGN})
  install(FILES ${PROJECT_BINARY_DIR}/alexnet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig ${ARGN})
endfunction()

if(BUILD_SHARED_LIBS)
  alexnet_install_library(alexnet_shared)
else()
  alexnet_install_library(alexnet)
endif()
install(TARGETS alexnet_program RUNTIME)
install(TARGETS alexnet_faiss LIBRARY)
