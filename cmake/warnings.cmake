# Compiler flags shared by every target of the project.
add_library(alexnet_flags INTERFACE)
target_compile_options(alexnet_flags INTERFACE -Wall -Wextra -Wshadow -Wpedantic -Wconversion
                                                -Wno-missing-field-initializers)
if(ALEXNET_WARNINGS_AS_ERRORS)
  target_compile_options(alexnet_flags INTERFACE -Werror)
endif()
if(ALEXNET_SANITIZE)
  target_compile_options(alexnet_flags INTERFACE -fsanitize=${ALEXNET_SANITIZE}
                                                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(alexnet_flags INTERFACE -fsanitize=${ALEXNET_SANITIZE})
endif()
