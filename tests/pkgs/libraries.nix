/**
  Which library packages each of Debian's library packages uses directly.

  Every one uses glibc, which is therefore left out. debian.sh fails on entries
  that are missing or superfluous, so the graph is exact; it has no cycles.
*/
{
  libacl1 = [ ];
  libattr1 = [ ];
  libarchive13 = [
    "libacl1"
    "libbz2-1.0"
    "liblz4-1"
    "liblzma5"
    "libnettle8"
    "libxml2"
    "libzstd1"
    "zlib1g"
  ];
  libatomic1 = [ ];
  "libboost-context1.74.0" = [ "libstdc++6" ];
  libbrotli1 = [ ];
  libbsd0 = [ "libmd0" ];
  "libbz2-1.0" = [ ];
  libcap2 = [ ];
  libcom-err2 = [ ];
  libcpuid16 = [ ];
  libcrypt1 = [ ];
  libcurl3-gnutls = [
    "libbrotli1"
    "libgnutls30"
    "libgssapi-krb5-2"
    "libidn2-0"
    "libldap-2.5-0"
    "libnettle8"
    "libnghttp2-14"
    "libpsl5"
    "librtmp1"
    "libssh2-1"
    "libzstd1"
    "zlib1g"
  ];
  libcurl4 = [
    "libbrotli1"
    "libgssapi-krb5-2"
    "libidn2-0"
    "libldap-2.5-0"
    "libnghttp2-14"
    "libpsl5"
    "librtmp1"
    "libssh2-1"
    "libssl3"
    "libzstd1"
    "zlib1g"
  ];
  "libdb5.3" = [ ];
  libexpat1 = [ ];
  libffi8 = [ ];
  libgc1 = [ "libstdc++6" ];
  libgcc-s1 = [ ];
  libgcrypt20 = [ "libgpg-error0" ];
  libgmp10 = [ ];
  libgnutls30 = [
    "libgmp10"
    "libhogweed6"
    "libidn2-0"
    "libnettle8"
    "libp11-kit0"
    "libtasn1-6"
    "libunistring2"
  ];
  libgpg-error0 = [ ];
  libgssapi-krb5-2 = [
    "libcom-err2"
    "libk5crypto3"
    "libkrb5-3"
    "libkrb5support0"
  ];
  libhogweed6 = [
    "libgmp10"
    "libnettle8"
  ];
  libicu72 = [
    "libgcc-s1"
    "libstdc++6"
  ];
  libidn2-0 = [ "libunistring2" ];
  libjemalloc2 = [
    "libgcc-s1"
    "libstdc++6"
  ];
  libjq1 = [ "libonig5" ];
  libk5crypto3 = [ "libkrb5support0" ];
  libkeyutils1 = [ ];
  libkrb5-3 = [
    "libcom-err2"
    "libk5crypto3"
    "libkeyutils1"
    "libkrb5support0"
    "libssl3"
  ];
  libkrb5support0 = [ ];
  "libldap-2.5-0" = [
    "libgnutls30"
    "libsasl2-2"
  ];
  liblz4-1 = [ ];
  liblzf1 = [ ];
  liblzma5 = [ ];
  libmd0 = [ ];
  libmpfr6 = [ "libgmp10" ];
  libncursesw6 = [ "libtinfo6" ];
  libnettle8 = [ ];
  libnghttp2-14 = [ ];
  libnsl2 = [ "libtirpc3" ];
  libonig5 = [ ];
  libp11-kit0 = [ "libffi8" ];
  libpcre2-8-0 = [ ];
  libpsl5 = [
    "libidn2-0"
    "libunistring2"
  ];
  libreadline8 = [ "libtinfo6" ];
  librtmp1 = [
    "libgmp10"
    "libgnutls30"
    "libhogweed6"
    "libnettle8"
    "zlib1g"
  ];
  libsasl2-2 = [ ];
  libseccomp2 = [ ];
  libselinux1 = [ "libpcre2-8-0" ];
  libsigsegv2 = [ ];
  libsodium23 = [ ];
  libsqlite3-0 = [ ];
  libssh2-1 = [
    "libssl3"
    "zlib1g"
  ];
  libssl3 = [ ];
  "libstdc++6" = [ "libgcc-s1" ];
  libsystemd0 = [
    "libcap2"
    "libgcrypt20"
    "liblz4-1"
    "liblzma5"
    "libzstd1"
  ];
  libtasn1-6 = [ ];
  libtinfo6 = [ ];
  libtirpc3 = [ "libgssapi-krb5-2" ];
  libunistring2 = [ ];
  libuuid1 = [ ];
  libxml2 = [
    "libicu72"
    "liblzma5"
    "zlib1g"
  ];
  libzstd1 = [ ];
  zlib1g = [ ];
}
