# Caffe's messages.
include(${CMAKE_CURRENT_LIST_DIR}/messages.cmake)
alexnet_messages(alexnet_caffe ${PROJECT_SOURCE_DIR}/src/formats/caffe/caffe.proto formats/caffe)
