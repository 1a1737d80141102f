# Compiler flags shared by every target of the project.
add_library(alexnet_flags INTERFACE)
target_compile_options(alexnet_flags INTERFACE -Wall -Wextra -Wshadow -Wpedantic -Wconversion
                                                -Wno-missing-field-initializers)
if(ALEXNET_WARNINGS_AS_ERRORS)
  target_compile_options(alexnet_flags INTERFACE -Werror)
endif()
if(ALEXNET_SANITIZE)
  # The check of vtables opens a pipe, so that it is wrong in a program that has no file left to open; clang has a
  # warning for loops that it was told to vectorise and did not, which is nothing for a build that optimises little.
  target_compile_options(
    alexnet_flags
    INTERFACE -fsanitize=${ALEXNET_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
              -fno-omit-frame-pointer $<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>)
  target_link_options(alexnet_flags INTERFACE -fsanitize=${ALEXNET_SANITIZE})
endif()
