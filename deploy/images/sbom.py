"""The software bill of materials of an image, as SPDX 2.3 JSON: its Debian packages, jars, and what is ours.

Packages come from the image's dpkg database, licences from their machine-readable copyright files. The same image gives
the same document: no random ids, and the image's own time of creation.
"""

import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

# Debian's short names (dep5) for those of the SPDX list that it spells otherwise.
SPDX_NAMES = {
    "apache-2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "artistic": "Artistic-1.0-Perl",
    "artistic-2": "Artistic-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsl-1.0": "BSL-1.0",
    "cc0-1.0": "CC0-1.0",
    "expat": "MIT",
    "gpl-1": "GPL-1.0-only",
    "gpl-1+": "GPL-1.0-or-later",
    "gpl-2": "GPL-2.0-only",
    "gpl-2+": "GPL-2.0-or-later",
    "gpl-3": "GPL-3.0-only",
    "gpl-3+": "GPL-3.0-or-later",
    "isc": "ISC",
    "lgpl-2": "LGPL-2.0-only",
    "lgpl-2+": "LGPL-2.0-or-later",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-2.1+": "LGPL-2.1-or-later",
    "lgpl-3": "LGPL-3.0-only",
    "lgpl-3+": "LGPL-3.0-or-later",
    "mit": "MIT",
    "mpl-2.0": "MPL-2.0",
    "openssl": "OpenSSL",
    "postgresql": "PostgreSQL",
    "python-2.0": "Python-2.0",
    "zlib": "Zlib",
}
JAR = re.compile(r"(?P<name>.+?)-(?P<version>\d[\w.]*)\.jar$")


def docker(*arguments: str) -> bytes:
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE).stdout


def image_files(image: str) -> tarfile.TarFile:
    """The image's whole file system: `docker export` of a container that never runs."""
    container = docker("create", image, "true").decode().strip()
    try:
        return tarfile.open(fileobj=io.BytesIO(docker("export", container)))
    finally:
        docker("rm", "-v", container)


def paragraphs(text: str):
    """The paragraphs of a Debian control file, as dictionaries; continuation lines are dropped."""
    for block in re.split(r"\n\s*\n", text):
        fields = dict(line.split(":", 1) for line in block.splitlines() if re.match(r"[A-Za-z-]+:", line))
        if fields:
            yield {key.lower(): value.strip() for key, value in fields.items()}


def licences(copyright_text: str) -> str:
    """An SPDX expression of all licences that a dep5 file names, or NOASSERTION where one isn't on SPDX's list."""
    if not copyright_text.startswith("Format:"):
        return "NOASSERTION"
    found = set()
    for paragraph in paragraphs(copyright_text):
        if "files" not in paragraph or "license" not in paragraph:
            continue
        for name in re.split(r"\s+(?:and|or)\s+|,\s*", paragraph["license"].lower()):
            if name not in SPDX_NAMES:
                return "NOASSERTION"
            found.add(SPDX_NAMES[name])
    return " AND ".join(sorted(found)) or "NOASSERTION"


def identifier(*words: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", "-".join(words))


def package(spdx_id: str, name: str, version: str, licence: str, purl: str = "", **more: str) -> dict:
    entry = {
        "SPDXID": spdx_id,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        **more,
    }
    if purl:
        entry["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
        ]
    return entry


def debian_packages(files: dict[str, bytes]) -> list[dict]:
    found = []
    for entry in paragraphs(files["var/lib/dpkg/status"].decode()):
        if entry.get("status") != "install ok installed":
            continue
        name, version, architecture = entry["package"], entry["version"], entry["architecture"]
        text = files.get(f"usr/share/doc/{name}/copyright", b"").decode(errors="replace")
        purl_version = version.replace("+", "%2B").replace("~", "~").replace(":", "%3A")
        purl = f"pkg:deb/debian/{name.replace('+', '%2B')}@{purl_version}?arch={architecture}&distro=debian-12"
        supplier = "Organization: " + re.sub(r"\s*<.*", "", entry["maintainer"])
        found.append(
            package(identifier("deb", name, architecture), name, version, licences(text), purl, supplier=supplier)
        )
    return found


def other_packages(files: dict[str, bytes], label: dict[str, str]) -> list[dict]:
    """Jars of Kafka, npm packages, and our own programs, which no package manager of the image knows."""
    found = []
    for path, content in sorted(files.items()):
        file_name = path.rsplit("/", 1)[-1]
        checksum = {"checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()}]}
        if path.startswith("opt/kafka/libs/") and (jar := JAR.match(file_name)):
            found.append(package(identifier("jar", file_name), jar["name"], jar["version"], "NOASSERTION", **checksum))
        elif path.startswith("usr/share/marquee/") and file_name == "package.json":
            about = json.loads(content)
            purl = f"pkg:npm/{about['name']}@{about['version']}"
            spdx_id = identifier("npm", about["name"])
            found.append(package(spdx_id, about["name"], about["version"], about.get("license", "NOASSERTION"), purl))
        elif path.startswith("usr/local/bin/marquee"):
            version = label.get("org.opencontainers.image.version") or "unknown"
            found.append(package(identifier("program", file_name), file_name, version, "Apache-2.0", **checksum))
    return found


def interesting(path: str) -> bool:
    return (
        path == "var/lib/dpkg/status"
        or (path.startswith("usr/share/doc/") and path.endswith("/copyright"))
        or path.startswith(("opt/kafka/libs/", "usr/local/bin/marquee"))
        or (path.startswith("usr/share/marquee/") and path.endswith("/package.json"))
    )


def read_files(tar: tarfile.TarFile) -> dict[str, bytes]:
    members = {member.name: member for member in tar.getmembers() if interesting(member.name)}
    files = {}
    for name, member in members.items():
        # A copyright file may be a link to another package's, which needn't be there.
        try:
            content = tar.extractfile(member)
        except KeyError:
            continue
        if content is not None:
            files[name] = content.read()
    return files


def document(image: str, files: dict[str, bytes], about: dict) -> dict:
    label = about["Config"].get("Labels") or {}
    name, _, tag = image.rpartition(":")
    digest = about["Id"].removeprefix("sha256:")
    root = package(
        identifier("image"),
        name,
        tag,
        label.get("org.opencontainers.image.licenses") or "NOASSERTION",
        f"pkg:oci/{name.rsplit('/', 1)[-1]}@sha256%3A{digest}?tag={tag}",
        primaryPackagePurpose="CONTAINER",
    )
    contents = debian_packages(files) + other_packages(files, label)
    relationships = [
        {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": root["SPDXID"]}
    ] + [
        {"spdxElementId": root["SPDXID"], "relationshipType": "CONTAINS", "relatedSpdxElement": entry["SPDXID"]}
        for entry in contents
    ]
    created = re.sub(r"\.\d+", "", label.get("org.opencontainers.image.created") or about["Created"])
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": image,
        "documentNamespace": f"https://github.com/marquee-recommender/marquee/sbom/{name.rsplit('/', 1)[-1]}/{digest}",
        "creationInfo": {"created": created, "creators": ["Tool: marquee-sbom-1"]},
        "packages": [root, *contents],
        "relationships": relationships,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", help="in the local Docker engine")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    about = json.loads(docker("image", "inspect", arguments.image))[0]
    sbom = document(arguments.image, read_files(image_files(arguments.image)), about)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(sbom, indent=1) + "\n")
    print(f"{arguments.output}: {len(sbom['packages']) - 1} packages", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
