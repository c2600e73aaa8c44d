# The mock in an image that holds one static program and nothing else.
#
#   docker build -t standin .
#
# compiles it in the stage `build`, which needs a registry for `rust`. Where there is none, compile on the host and put
# the folder of the program in that stage's place; the stage is skipped then:
#
#   .ci/static target/image && docker build -t standin --build-context build=target/image .
#
# One file serves both, so what CI tests is what users build. podman and buildah take the same arguments, and
# `--format docker`, without which they leave the health check out.

FROM docker.io/library/rust:1.95 AS build
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target .ci/static /

FROM scratch
COPY --from=build /standin /standin
# Nobody: no user of this number is known anywhere, and none is needed.
USER 65532:65532
# A published port doesn't reach the loopback of a container. Who reaches this one is for `docker run -p` to say.
ENV STANDIN_LISTEN=0.0.0.0:7357
EXPOSE 7357
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=2s --timeout=5s --retries=3 CMD ["/standin", "health"]
ENTRYPOINT ["/standin"]
CMD ["serve"]
