# Writes OUTPUT, a C++ file that holds the files FOLDER/NAME of NAMES (separated by commas) as alexnet::serve::assets().
string(REPLACE "," ";" names "${NAMES}")
set(arrays "")
set(table "")
set(number 0)
foreach(name ${names})
  file(READ "${FOLDER}/${name}" bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}};\n")
  string(APPEND table "    {\"${name}\", {kFile${number}, sizeof kFile${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"serve/assets.h\"\n\nnamespace alexnet::serve {\nnamespace {\n\n${arrays}
constexpr Asset kAssets[] = {\n${table}};\n\n}  // namespace\n
std::span<const Asset> assets() {\n  return kAssets;\n}\n\n}  // namespace alexnet::serve\n")
