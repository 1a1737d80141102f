# Installs everything below WORK and starts the installed program.
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/bin/alexnet --version COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${WORK})
