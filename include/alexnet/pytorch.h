#pragma once

#include <alexnet/parameters.h>

#include <filesystem>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// Reads a state dict that PyTorch's torch.save wrote (.pth, .pt): the zip format of torch 1.6 and
/// later, or the one before it; or the tensors of a whole module or a TorchScript archive. Pickles
/// of protocols 2 to 5.
///
/// The file holds a dict (OrderedDict too) of tensors and Parameters, or a dict that has such a one
/// as `state_dict`, `model_state_dict` or `model`; numbers, text, None, lists, tuples and dicts
/// beside the tensors are passed over. Where there are no tensors in it directly, those further
/// below are taken, by their whole names. Names stay as they are, in the file's order, but for the
/// prefix `module.` of DataParallel where every name has it. float64, float16 and bfloat16 become
/// float32; transposed, sliced and expanded tensors become row-major.
///
/// No Python is run, nor anything in the file: what a pickle asks of Python beyond rebuilding
/// tensors is refused in the state dict and passed over beside it. Memory stays within 16 times the
/// file's size, 1 MiB and what the pickle takes, at most 100 times its size or 256 MiB.
///
/// Large contiguous float32 tensors stay in the mapped file, whose pages are read when first used,
/// so the file must not be overwritten in place meanwhile (writers here rename). Checked are the
/// zip's directory, the checksum of the pickle (unless it is 0, as torch writes it on demand), and
/// that every tensor lies within its storage and that within the file; the checksums of the numbers
/// are not, and PyTorch does not check them either.
///
/// Throws Error, naming file and tensor, when the file is missing, truncated, damaged or
/// big-endian, when a tensor of the state dict holds integers, or when it has properties by which
/// its numbers are not those in the file (lazily negated ones).
Parameters read_pytorch(const std::filesystem::path& path);

/// Writes an OrderedDict of float32 tensors in torch.save's zip format, which torch.load reads from
/// 1.6 on, with `weights_only=True` too. Writes aside, syncs, renames: the file at `path` is
/// complete or as it was. Throws Error (a name twice, a shape that does not fit its values, no
/// space, no permission, …) and leaves no partial file.
void write_pytorch(const std::filesystem::path& path, const std::vector<NamedView>& tensors);

}  // namespace alexnet
#pragma GCC visibility pop
