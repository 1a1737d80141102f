# Caffe's messages, as C++ made from our own short schema of them.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/formats)
add_library(alexnet_caffe OBJECT ${PROJECT_SOURCE_DIR}/src/formats/caffe.proto)
protobuf_generate(TARGET alexnet_caffe LANGUAGE cpp IMPORT_DIRS ${PROJECT_SOURCE_DIR}/src/formats
                  PROTOC_OUT_DIR ${PROJECT_BINARY_DIR}/generated/formats)
target_include_directories(alexnet_caffe SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/generated)
target_link_libraries(alexnet_caffe PUBLIC protobuf::libprotobuf)
