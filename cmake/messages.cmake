# alexnet_messages(NAME SCHEMA ROOM): protocol buffer messages as C++, made from our own short schema of
# somebody's format: the object library NAME, its header as "ROOM/SCHEMA.pb.h".
function(alexnet_messages name schema room)
  get_filename_component(base ${schema} NAME_WE)
  get_filename_component(folder ${schema} DIRECTORY)
  set(generated ${PROJECT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated}/${room})
  add_custom_command(
    OUTPUT ${generated}/${room}/${base}.pb.cc ${generated}/${room}/${base}.pb.h
    COMMAND protobuf::protoc --cpp_out=${generated}/${room} --proto_path=${folder} ${base}.proto
    DEPENDS ${schema}
    COMMENT "Making C++ of ${base}.proto"
    VERBATIM)
  add_library(${name} OBJECT ${generated}/${room}/${base}.pb.cc)
  target_include_directories(${name} SYSTEM PUBLIC ${generated})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
endfunction()
