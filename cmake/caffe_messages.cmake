# Caffe's messages, as C++ made from our own short schema of them.
set(schema ${PROJECT_SOURCE_DIR}/src/formats/caffe.proto)
set(generated ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${generated}/formats)
add_custom_command(
  OUTPUT ${generated}/formats/caffe.pb.cc ${generated}/formats/caffe.pb.h
  COMMAND protobuf::protoc --cpp_out=${generated}/formats --proto_path=${PROJECT_SOURCE_DIR}/src/formats
          caffe.proto
  DEPENDS ${schema}
  COMMENT "Making C++ of Caffe's messages"
  VERBATIM)
add_library(alexnet_caffe OBJECT ${generated}/formats/caffe.pb.cc)
target_include_directories(alexnet_caffe SYSTEM PUBLIC ${generated})
target_link_libraries(alexnet_caffe PUBLIC protobuf::libprotobuf)
