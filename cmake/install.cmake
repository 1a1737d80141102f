# What is installed, in the components that cmake/packages.cmake makes packages of: program; library, which is
# libalexnet.so.1; c and cpp, what programs that use the C interface or the C++ library are built with.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/alexnet)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/alexnet-config-version.cmake
                                 COMPATIBILITY SameMajorVersion)

# For users of the C interface with other build systems.
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/alexnet.pc.in ${PROJECT_BINARY_DIR}/alexnet.pc @ONLY)

# alexnet_install_library(LIBRARY PROGRAMS C CPP ...): LIBRARY as the CMake package's alexnet::alexnet, the C interface
# as alexnet::c, and the headers: what programs need when they run in the component PROGRAMS, what they are built with
# in C and CPP; what follows goes to install().
function(alexnet_install_library library programs c cpp)
  set_target_properties(${library} PROPERTIES EXPORT_NAME alexnet)
  get_target_property(type ${library} TYPE)
  set(config ${CMAKE_CURRENT_BINARY_DIR}/${library}/alexnet-config.cmake)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/alexnet-config.cmake.in ${config} INSTALL_DESTINATION ${package})
  install(TARGETS alexnet_c EXPORT ${library} LIBRARY COMPONENT ${programs} NAMELINK_COMPONENT ${c} ${ARGN})
  install(FILES ${PROJECT_SOURCE_DIR}/include/alexnet_c.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT ${c} ${ARGN})
  install(FILES ${PROJECT_BINARY_DIR}/alexnet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ${c} ${ARGN})
  install(TARGETS ${library} EXPORT ${library} COMPONENT ${cpp} ${ARGN})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/alexnet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT ${cpp} ${ARGN})
  install(EXPORT ${library} FILE alexnet-targets.cmake NAMESPACE alexnet:: DESTINATION ${package} COMPONENT ${cpp} ${ARGN})
  install(FILES ${config} ${PROJECT_BINARY_DIR}/alexnet-config-version.cmake
                ${PROJECT_SOURCE_DIR}/cmake/FindoneDNN.cmake
          DESTINATION ${package} COMPONENT ${cpp} ${ARGN})
endfunction()

if(BUILD_SHARED_LIBS)
  alexnet_install_library(alexnet_shared library c cpp)
else()
  alexnet_install_library(alexnet library c cpp)
endif()
install(TARGETS alexnet_program RUNTIME_DEPENDENCY_SET bundled RUNTIME COMPONENT program)
install(TARGETS alexnet_faiss RUNTIME_DEPENDENCY_SET bundled LIBRARY DESTINATION ${ALEXNET_PRIVATE_LIBDIR} COMPONENT program)
if(ALEXNET_MPI) # MPI itself must be the one whose mpirun starts the program
  install(TARGETS alexnet_mpi LIBRARY DESTINATION ${ALEXNET_PRIVATE_LIBDIR} COMPONENT program)
endif()

# What belongs to the program; other projects that have this one in them want none of it.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()
include(${CMAKE_CURRENT_LIST_DIR}/man_pages.cmake)
alexnet_man_pages()
set(completion ${PROJECT_SOURCE_DIR}/packaging/completion)
install(FILES ${completion}/alexnet.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME alexnet COMPONENT program)
install(FILES ${completion}/_alexnet DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES ${completion}/alexnet.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
configure_file(${PROJECT_SOURCE_DIR}/packaging/systemd/alexnet.service.in alexnet.service @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/alexnet.service ${PROJECT_SOURCE_DIR}/packaging/systemd/alexnet.socket DESTINATION lib/systemd/system
        COMPONENT program)
