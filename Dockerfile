# alexnet on Debian 12; docs/install.md says how it is built and run.
# Not tested: no machine of the project's runs containers. The steps are those of scripts/test-packages.
FROM debian:12-slim AS build
WORKDIR /alexnet
COPY scripts/install-deps scripts/
RUN apt-get update && scripts/install-deps --packages
COPY . .
RUN cmake --preset package && cmake --build build-package --parallel && cd build-package && cpack -G DEB

FROM debian:12-slim
COPY --from=build /alexnet/build-package/alexnet_*.deb /tmp/
# With what it recommends, FAISS's BLAS; curl is for the health check.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends /tmp/alexnet_*.deb libblas3 curl \
 && rm -rf /var/lib/apt/lists/* /tmp/alexnet_*.deb \
 && useradd --system --create-home alexnet
USER alexnet
WORKDIR /home/alexnet
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD curl --fail --silent --show-error http://127.0.0.1:8080/v2/health/ready || exit 1
ENTRYPOINT ["alexnet"]
CMD ["--help"]
