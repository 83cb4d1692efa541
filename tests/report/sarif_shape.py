"""The part of SARIF 2.1.0 that the report uses, as a JSON Schema of our own: nothing else may stand in a log.

Written from the text of the standard (sections 3.13 to 3.58). A full check against the committee's own schema runs
where SOUSVEIL_SARIF_SCHEMA names that file.
"""

from __future__ import annotations

from typing import Any


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {name.rstrip("_"): value for name, value in properties.items()},
    }


def _list(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **more}


TEXT = {"type": "string", "minLength": 1}
BAG = {"type": "object"}
URI = {
    "type": "string",
    "pattern": r"^(file:///)?(?![/:])([A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+$",
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
AT_LEAST_1 = {"type": "integer", "minimum": 1}
COUNT = {"type": "integer", "minimum": 0}

MESSAGE = _object(("text",), text=TEXT)
ARTIFACT_LOCATION = _object(("uri",), uri=URI, index=COUNT)
REGION = _object(
    ("startLine", "startColumn", "byteOffset", "byteLength", "snippet"),
    startLine=AT_LEAST_1,
    startColumn=AT_LEAST_1,
    endLine=AT_LEAST_1,
    endColumn=AT_LEAST_1,
    byteOffset=COUNT,
    byteLength=COUNT,
    snippet=_object(("text",), text={"type": "string"}),
)
LOCATION = _object(
    ("physicalLocation",),
    id=AT_LEAST_1,
    message=MESSAGE,
    physicalLocation=_object(("artifactLocation",), artifactLocation=ARTIFACT_LOCATION, region=REGION),
)
RESULT = _object(
    ("ruleId", "ruleIndex", "kind", "level", "message", "locations", "partialFingerprints"),
    ruleId=TEXT,
    ruleIndex=COUNT,
    kind={"enum": ["fail", "review"]},
    level=LEVEL,
    rank={"type": "number", "minimum": 0, "maximum": 100},
    message=MESSAGE,
    locations=_list(LOCATION, minItems=1, maxItems=1),
    relatedLocations=_list(LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": TEXT, "minProperties": 1},
    properties=BAG,
)
RULE = _object(
    ("id", "shortDescription", "fullDescription", "help", "defaultConfiguration"),
    id=TEXT,
    name={"type": "string", "pattern": "^[A-Za-z0-9]+$"},
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=_object(("text", "markdown"), text=TEXT, markdown=TEXT),
    defaultConfiguration=_object(("level",), level=LEVEL),
    properties=BAG,
)
NOTIFICATION = _object(
    ("message", "level"),
    descriptor=_object(("id",), id=TEXT),
    level=LEVEL,
    message=MESSAGE,
    locations=_list(LOCATION),
)
RUN = _object(
    ("tool", "results", "columnKind"),
    tool=_object(
        ("driver",),
        driver=_object(
            ("name", "rules"),
            name=TEXT,
            version=TEXT,
            semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
            shortDescription=MESSAGE,
            rules=_list(RULE, uniqueItems=True),
        ),
    ),
    invocations=_list(
        _object(
            ("executionSuccessful",),
            executionSuccessful={"type": "boolean"},
            startTimeUtc={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
            toolExecutionNotifications=_list(NOTIFICATION),
            properties=BAG,
        )
    ),
    columnKind={"const": "unicodeCodePoints"},
    artifacts=_list(
        _object(
            ("location", "hashes"),
            location=ARTIFACT_LOCATION,
            length=COUNT,
            hashes=_object(("sha-256",), **{"sha-256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}),
        ),
        uniqueItems=True,
    ),
    results=_list(RESULT),
    properties=BAG,
)
SHAPE = _object(
    ("$schema", "version", "runs"),
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs=_list(RUN, minItems=1, maxItems=1),
)
