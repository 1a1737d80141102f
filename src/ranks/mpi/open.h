#pragma once

#include "ranks/communicator.h"

/// Starts MPI and gives its processes, to be deleted by the caller: that ends MPI, after which it
/// cannot be started again. In libalexnet_mpi.so.
extern "C" alexnet::Communicator* alexnet_mpi_open();
