#!/bin/sh
# SPDX-License-Identifier: MIT
# debian.sh: what `make install` copies as a Debian package, $BUILD/poolscope_VERSION_ARCH.deb.
# BUILD, VERSION, MAKE: from the Makefile.
set -eu
root=$BUILD/deb/root
architecture=$(dpkg --print-architecture)
package=$BUILD/poolscope_${VERSION}_$architecture.deb

rm -rf "$BUILD/deb"
mkdir -p "$BUILD/deb/debian" "$root/DEBIAN"
$MAKE --no-print-directory BUILD="$BUILD" PREFIX=/usr DESTDIR="$root" install >/dev/null
rm -f "$BUILD/poolscope.pc" # its prefix is that of the package
strip --strip-unneeded "$root"/usr/bin/*
strip --strip-debug "$root"/usr/lib/*.a
gzip -9n "$root"/usr/share/man/man1/*.1
install -m 644 LICENSE "$root/usr/share/doc/poolscope/copyright"
find "$root" -type d -exec chmod 755 {} +

# dpkg-shlibdeps wants a source package's folder around it.
printf 'Source: poolscope\n\nPackage: poolscope\nArchitecture: any\n' >"$BUILD/deb/debian/control"
libraries=$(cd "$BUILD/deb" && dpkg-shlibdeps -O --ignore-missing-info root/usr/bin/* 2>/dev/null |
	sed -n 's/^shlibs:Depends=//p')
cat >"$root/DEBIAN/control" <<END
Package: poolscope
Version: $VERSION
Architecture: $architecture
Maintainer: The Poolscope authors <poolscope@localhost>
Section: devel
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $libraries, lttng-tools
Recommends: gnuplot-nox | gnuplot
Suggests: liblttng-ust-dev
Description: shows how a driver's DMA buffer pool lives
 Records every allocation request, its pending time, its completion and its
 free from LTTng tracepoints; shows them live in a terminal, replays them
 afterwards, and helps to set the watermarks.  With a reference NIC driver
 over a simulated bus-master DMA device.
END
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "made $package"
