"""certificates -- an authority of one's own, by the openssl command."""
import pathlib
import subprocess

import grpc

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Authority:
    """ca.pem in a directory, and certificates signed with its key."""

    def __init__(self, directory, name="authority"):
        self.directory, self.count = pathlib.Path(directory), 0
        self.pem, self.key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        self._openssl("req", "-x509", *CURVE, "-keyout", self.key, "-out", self.pem, "-subj", f"/CN={name}", "-days", 2)

    @staticmethod
    def _openssl(*args):
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)

    def issue(self, cert, key, alt, name="Zaphod Beeblebrox"):
        """A certificate for these subjectAltNames, and its key, in files."""
        request, config = self.directory / "request", self.directory / "config"
        fresh = [path.with_name(path.name + ".new") for path in (cert, key)]
        config.write_text(f"subjectAltName={alt}\n" if alt else "basicConstraints=CA:FALSE\n")
        self._openssl("req", *CURVE, "-keyout", fresh[1], "-out", request, "-subj", f"/CN={name}")
        self.count += 1
        self._openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-out", fresh[0],
                      "-days", 2, "-set_serial", self.count, "-extfile", config)
        for path, made in zip((cert, key), fresh):
            made.chmod(0o600)
            made.rename(path)

    def trust(self, cert=None, key=None):
        """What a channel needs to believe it, and to show who one is."""
        return grpc.ssl_channel_credentials(self.pem.read_bytes(), key and key.read_bytes(), cert and cert.read_bytes())
