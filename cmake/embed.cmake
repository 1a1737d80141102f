# Writes OUT, C++ that defines a std::string_view for each NAME=FILE of ITEMS (separated by |) in the namespace
# alexnet::assets, declared in HEADER. Run with cmake -P.
set(code "#include \"${HEADER}\"\n\nnamespace alexnet::assets {\n")
string(REPLACE "|" ";" items "${ITEMS}")
foreach(item IN LISTS items)
  string(REGEX MATCH "^([^=]+)=(.+)$" _ "${item}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} text HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${text}")
  string(APPEND code "\nnamespace {\nconstexpr unsigned char ${name}_bytes[] = {${bytes}};\n}\n"
                     "const std::string_view ${name}{reinterpret_cast<const char*>(${name}_bytes),\n"
                     "                            sizeof(${name}_bytes)};\n")
endforeach()
string(APPEND code "\n}  // namespace alexnet::assets\n")
file(WRITE ${OUT} "${code}")
