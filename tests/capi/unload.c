/* A program that closes the library which it has loaded keeps running: the library's threads may
 * still be in it, so it stays. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc != 2) return fprintf(stderr, "usage: unload LIBRARY\n"), 2;
  void* library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
  dlclose(library);
  return dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL ? 0 : 1;
}
