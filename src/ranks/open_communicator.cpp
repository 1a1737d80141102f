#include <alexnet/error.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "ranks/communicator.h"
#include "ranks/mpi/open.h"

namespace alexnet {
namespace {

// Open MPI's mpirun, PMIx of Slurm, PMI of Slurm and MPICH.
constexpr std::array kRankVariables{"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};

// MPI is large, and need not be installed where nobody uses it.
decltype(&alexnet_mpi_open) load_mpi() {
  constexpr const char* kLibrary = "libalexnet_mpi.so";
  // Open MPI loads modules that look for its symbols.
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL);
  void* const function = library == nullptr ? nullptr : dlsym(library, "alexnet_mpi_open");
  if (function == nullptr) {
    throw Error(fmt::format("started by mpirun or srun, but {} cannot be loaded: {}; install Open "
                            "MPI and a build with it, or start without",
                            kLibrary, dlerror()),
                ErrorKind::unsupported);
  }
  return reinterpret_cast<decltype(&alexnet_mpi_open)>(function);
}

}  // namespace

std::optional<int> launched_as() {
  for (const char* name : kRankVariables) {
    if (const char* rank = std::getenv(name))
      return static_cast<int>(std::strtol(rank, nullptr, 10));
  }
  return std::nullopt;
}

std::unique_ptr<Communicator> open_communicator() {
  if (!launched_as()) return alone();
  return std::unique_ptr<Communicator>(load_mpi()());
}

}  // namespace alexnet
