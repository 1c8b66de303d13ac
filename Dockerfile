# The carrier of hurricane: `COPY --from=hurricane /opt/hurricane /opt/hurricane` puts it into any image, and
# `hurricane install DIR` into a volume. Its context is made by `npm run build:image`.
FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="hurricane" \
      org.opencontainers.image.description="Makes any program a good citizen of Kubernetes" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"
COPY dist/image/ /
ENV PATH=/opt/hurricane
USER 65532:65532
ENTRYPOINT ["hurricane"]
CMD ["--help"]
