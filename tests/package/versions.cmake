# Fails where a file that names the project's version by hand has another one than VERSION.
function(has file text)
  file(READ ${ROOT}/${file} content)
  string(FIND "${content}" "${text}" place)
  if(place EQUAL -1)
    message(SEND_ERROR "${file} should have: ${text}")
  endif()
endfunction()

has(CHANGELOG.md "\n## ${VERSION} - ")
has(packaging/vcpkg/vcpkg.json "\"version\": \"${VERSION}\"")
has(packaging/conda-forge/meta.yaml "set version = \"${VERSION}\"")
