# A package that other projects find with find_package(alexnet).
include(CMakePackageConfigHelpers)

install(TARGETS alexnet EXPORT alexnet-targets)
install(TARGETS alexnet_program RUNTIME)
install(TARGETS alexnet_faiss LIBRARY)
install(DIRECTORY include/alexnet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT alexnet-targets NAMESPACE alexnet:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/alexnet)
configure_package_config_file(
  cmake/alexnet-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/alexnet-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/alexnet)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/alexnet-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/alexnet-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/alexnet-config-version.cmake cmake/FindoneDNN.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/alexnet)
