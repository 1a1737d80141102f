# What `cpack` makes in a build folder whose CMAKE_INSTALL_PREFIX is /usr: the Debian packages alexnet, libalexnet1 and
# libalexnet-dev, and a tarball with the libraries that it needs. cmake/package_kind.cmake has what differs.
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME alexnet)
set(CPACK_PACKAGE_CONTACT "alexnet maintainers <maintainers@alexnet.invalid>" CACHE STRING "Who maintains the packages")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/package_kind.cmake)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

# Each package has a summary of its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(about
    "AlexNet, the convolutional network of 2012, as a finished product: it is
trained, evaluated, used on images, explained and served over HTTP without
Python. Weights of PyTorch, ONNX and Caffe are read as they are.")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME alexnet)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "image classification with AlexNet: program\n${about}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "dataset-fashion-mnist")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/prerm)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libalexnet1)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
    "image classification with AlexNet: shared library\n${about}\n\nThis is the C interface.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
set(control ${PROJECT_BINARY_DIR}/libalexnet1)
file(WRITE ${control}/shlibs "libalexnet 1 libalexnet1 (>= ${PROJECT_VERSION})\n")
file(WRITE ${control}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# The static C++ library leaves to programs what it needs itself; its CMake package looks for all of it.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libalexnet-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "image classification with AlexNet: development files
${about}

These are the headers of the C interface and the C++ library, the latter as
a static library, with files for CMake and pkg-config.")
set(needed
    "libalexnet1 (= ${PROJECT_VERSION})"
    libdnnl-dev libexif-dev libfmt-dev libgif-dev libhwy-dev libjpeg-dev libminizip-dev libonnx-dev libpng-dev
    libprotobuf-dev libtiff-dev libutf8proc-dev libwebp-dev libxxhash-dev pkg-config protobuf-compiler zlib1g-dev)
list(JOIN needed ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "alexnet (= ${PROJECT_VERSION})")

# For package_kind.cmake.
set(CPACK_ALEXNET_PROGRAM ${PROJECT_BINARY_DIR}/bin/alexnet)
set(CPACK_ALEXNET_MAN_PAGE ${PROJECT_BINARY_DIR}/man1/alexnet.1.gz)
set(CPACK_ALEXNET_FAISS ${PROJECT_BINARY_DIR}/${ALEXNET_PRIVATE_LIBDIR}/libalexnet_faiss.so)
if(ALEXNET_MPI)
  string(APPEND CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS ", openmpi-bin")
endif()
string(TOLOWER ${CMAKE_SYSTEM_NAME} system)
set(CPACK_SYSTEM_NAME ${system}-${CMAKE_SYSTEM_PROCESSOR})

# What only packages have, each package of Debian in a folder of its own.
function(install_documents component package)
  install(
    CODE "execute_process(
      COMMAND \"${PROJECT_SOURCE_DIR}/packaging/debian/documents\"
              \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/${package}\" \"${CPACK_PACKAGE_CONTACT}\"
      COMMAND_ERROR_IS_FATAL ANY)"
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()
install_documents(program_documents alexnet)
install_documents(library_documents libalexnet1)
install_documents(development_documents libalexnet-dev)

# What the tarball brings: all libraries but those of glibc and g++, with their licences. Debian's libstdc++ needs a newer
# glibc than everything else.
install(
  RUNTIME_DEPENDENCY_SET bundled
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|dl|gcc_s|m|pthread|resolv|rt|stdc\\+\\+)\\.so"
  LIBRARY DESTINATION ${ALEXNET_PRIVATE_LIBDIR} COMPONENT bundled EXCLUDE_FROM_ALL)
install(
  CODE "execute_process(
    COMMAND \"${PROJECT_SOURCE_DIR}/scripts/licences\" --collect
            \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/alexnet/licences\" \"${PROJECT_BINARY_DIR}\"
    COMMAND_ERROR_IS_FATAL ANY)"
  COMPONENT bundled EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION share/doc/alexnet COMPONENT bundled
        EXCLUDE_FROM_ALL)

include(CPack)
foreach(component program program_documents)
  cpack_add_component(${component} GROUP program)
endforeach()
foreach(component library library_documents)
  cpack_add_component(${component} GROUP library)
endforeach()
foreach(component c cpp development_documents)
  cpack_add_component(${component} GROUP development)
endforeach()
