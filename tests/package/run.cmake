# Installs the libraries below WORK, builds the projects of CONSUMERS against them as others would, and runs these.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# build(PROJECT ...): builds it in WORK/PROJECT, with these settings.
function(build project)
  run(${CMAKE_COMMAND} -S ${CONSUMERS}/${project} -B ${WORK}/${project} -G ${GENERATOR} ${ARGN}
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=${WORK}/prefix)
  run(${CMAKE_COMMAND} --build ${WORK}/${project})
endfunction()

# says(PROGRAM TEXT): PROGRAM writes TEXT, and finds its libraries below WORK.
function(says program text)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${WORK}/prefix/${LIBRARIES} ${program}
                  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  if(NOT output STREQUAL text)
    message(FATAL_ERROR "${program} says '${output}'")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${INSTALL} --prefix ${WORK}/prefix)
build(consumer -DCMAKE_CXX_COMPILER=${COMPILER})
says(${WORK}/consumer/consumer "57029322 parameters\nnot_found\n")
build(consumer_in_c -DCMAKE_C_COMPILER=${C_COMPILER})
set(in_c "not_found: there is no no such file; name a weights file or a run folder\n")
says(${WORK}/consumer_in_c/consumer_in_c "${in_c}")

# The C interface for those who have no CMake.
find_program(PKG_CONFIG pkg-config REQUIRED)
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${WORK}/prefix/${LIBRARIES}/pkgconfig ${PKG_CONFIG} --cflags --libs alexnet
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run(${C_COMPILER} ${CONSUMERS}/consumer_in_c/main.c ${flags} -o ${WORK}/by_pkg_config)
says(${WORK}/by_pkg_config "${in_c}")
file(REMOVE_RECURSE ${WORK})
