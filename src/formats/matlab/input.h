#pragma once

#include <string>

#include "formats/matlab/file.h"
#include "formats/matlab/values.h"

namespace alexnet::matlab {

/// What the fields of `normalization` say of the network's images: the size of its input, and
/// preprocessing and mean where these are there. Null: nothing. Throws Error, beginning with
/// `source`.
void read_input(const Value* normalization, const std::string& source, MatConvNetwork& network);

/// The numbers of a small value. Throws Error, beginning with `where`, where it has none or more
/// than a few.
std::vector<double> few_numbers(const Value& value, const std::string& where);

}  // namespace alexnet::matlab
