# postnote alone, static, as nobody in particular: docker build -t postnote .
#
#   docker run --rm -v ~/Notes:/vault -v ~/.config/postnote:/config:ro -v postnote-state:/state --user "$(id -u):$(id -g)" postnote
#
# The config says vault = "/vault" and state = "/state", and where the password comes from: { env = "…" } with
# `docker run -e`, or { file = "…" } of a file that only that user can read.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base ca-certificates tzdata
WORKDIR /build
COPY Cargo.toml Cargo.lock config.example.toml ./
COPY src src
COPY packaging packaging
COPY tests tests
RUN cargo build --release --locked --bin postnote && strip target/release/postnote && mkdir -p /empty/vault /empty/state /empty/config /empty/tmp

FROM scratch
LABEL org.opencontainers.image.title="postnote" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /build/target/release/postnote /postnote
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build --chown=10001:10001 /empty/ /
ENV HOME=/state POSTNOTE_CONFIG=/config/config.toml
USER 10001:10001
VOLUME ["/vault", "/state"]
HEALTHCHECK --interval=5m CMD ["/postnote", "service", "status"]
ENTRYPOINT ["/postnote"]
CMD ["run"]
