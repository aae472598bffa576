# The package for Nix: nix-build packaging/nix
#
# On NixOS: environment.systemPackages and systemd.packages take it; users.groups.scx_domains = { } makes the group, and
# systemd.services.scx_domains.wantedBy = [ "multi-user.target" ] starts it at boot.
{
  pkgs ? import <nixpkgs> { },
}:

let
  cargo = builtins.fromTOML (builtins.readFile ../../Cargo.toml);
in
pkgs.rustPlatform.buildRustPackage {
  pname = cargo.package.name;
  version = cargo.package.version;

  src = pkgs.lib.cleanSource ../..;
  cargoLock.lockFile = ../../Cargo.lock;

  nativeBuildInputs = [
    pkgs.pkg-config
    pkgs.llvmPackages.clang-unwrapped
  ];
  buildInputs = [
    pkgs.elfutils
    pkgs.hwloc
    pkgs.udev
    pkgs.zlib
  ];
  # The wrapped clang adds flags that its BPF backend does not know.
  env.BPF_CLANG = "${pkgs.llvmPackages.clang-unwrapped}/bin/clang";
  env.LIBCLANG_PATH = "${pkgs.lib.getLib pkgs.llvmPackages.libclang}/lib";

  # They boot kernels out of Debian's archive.
  doCheck = false;

  installPhase = ''
    runHook preInstall
    binary=$(echo target/*/release/scx_domains)
    # The configuration is NixOS's to make.
    DESTDIR= PREFIX=$out SYSCONFDIR=$out/etc bash scripts/install.sh install "$binary"
    runHook postInstall
  '';

  meta = {
    description = cargo.package.description;
    license = pkgs.lib.licenses.gpl2Only;
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
    mainProgram = "scx_domains";
  };
}
