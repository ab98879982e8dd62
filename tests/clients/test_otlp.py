"""OTLP profiles over HTTP: messages built by OpenTelemetry's own Python package."""

import json
import subprocess
import time

import pytest

import packages

OTLP = "opentelemetry-proto==1.45.2"
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
TIMEOUT_S = 60
# Runs where opentelemetry-proto is: prints the same request in both forms, as hexadecimal and as JSON.
BUILD = """
import json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.profiles.v1development.profiles_service_pb2 import ExportProfilesServiceRequest

start = int(sys.argv[1])
request = ExportProfilesServiceRequest()
tables = request.dictionary
for text in ["", "samples", "count", "cpu", "nanoseconds", "main", "foo", "bar", "app.py", "thread.name", "process.pid"]:
    tables.string_table.append(text)
string = list(tables.string_table).index
for table in (tables.mapping_table, tables.location_table, tables.function_table, tables.link_table, tables.attribute_table,
              tables.stack_table):
    table.add()
for line, name in enumerate(["main", "foo", "bar"], 10):
    function = tables.function_table.add(name_strindex=string(name), filename_strindex=string("app.py"), start_line=line)
    tables.location_table.add().lines.add(function_index=len(tables.function_table) - 1, line=line + 1)
tables.stack_table.add(location_indices=[2, 1])
tables.stack_table.add(location_indices=[3, 1])
tables.attribute_table.add(key_strindex=string("thread.name")).value.string_value = "worker"
tables.attribute_table.add(key_strindex=string("process.pid")).value.int_value = 42
resource = request.resource_profiles.add()
resource.resource.attributes.add(key="service.name").value.string_value = sys.argv[2]
resource.resource.attributes.add(key="host.name").value.string_value = "here"
profile = resource.scope_profiles.add().profiles.add(time_unix_nano=start * 10**9, duration_nano=10**10, period=10**7,
                                                     profile_id=bytes(range(16)))
profile.sample_type.type_strindex, profile.sample_type.unit_strindex = string("samples"), string("count")
profile.period_type.type_strindex, profile.period_type.unit_strindex = string("cpu"), string("nanoseconds")
profile.samples.add(stack_index=1, values=[70], attribute_indices=[1, 2])
profile.samples.add(stack_index=1, timestamps_unix_nano=[start * 10**9 + i for i in range(5)], attribute_indices=[1])
profile.samples.add(stack_index=2, values=[20, 5])
json.dump({"protobuf": request.SerializeToString().hex(), "json": json_format.MessageToJson(request)}, sys.stdout)
"""


def build(start, service):
    interpreter = packages.python(OTLP) / "python"
    done = subprocess.run([interpreter, "-c", BUILD, str(start), service], check=True, capture_output=True, timeout=TIMEOUT_S)
    forms = json.loads(done.stdout)
    return bytes.fromhex(forms["protobuf"]), forms["json"].encode()


def folded_of(server, start, selector):
    """What a selector finds in the 10 s from `start` on."""
    found = server.get("/api/v1/export", type=CPU, selector=selector, format="folded",
                       **{"from": start * 1000, "until": (start + 10) * 1000})
    return found.body.decode()


def export(server, body, content_type="application/x-protobuf"):
    return server.request("POST", "/v1development/profiles", body, Content_Type=content_type)


@pytest.mark.parametrize("form", ["protobuf", "json"])
def test_totals_are_those_that_were_sent(clients_server, form, checked):
    start = int(time.time()) // 10 * 10 - 600
    service = "otlp-" + form
    protobuf, text = build(start, service)
    answer = export(clients_server, protobuf) if form == "protobuf" else export(clients_server, text, "application/json")
    assert (answer.status, answer.body) == (200, b"" if form == "protobuf" else b"{}")
    assert folded_of(clients_server, start, f'{{service_name="{service}",host.name="here"}}') == (
        "main (app.py:11);bar (app.py:13) 250000000\nmain (app.py:11);foo (app.py:12) 750000000\n")
    assert folded_of(clients_server, start, f'{{service_name="{service}",thread.name="worker"}}') == "main (app.py:11);foo (app.py:12) 750000000\n"
    # The id counts once.
    assert export(clients_server, protobuf).status == 200
    if form == "protobuf":
        assert "foo (app.py:12) 750000000" in folded_of(clients_server, start, f'{{service_name="{service}"}}')
    checked("opentelemetry-proto 1.45.2", f"profiles over HTTP in {form}")


def test_what_cannot_be_read_is_refused_whole(clients_server):
    protobuf, text = build(int(time.time()) - 600, "otlp-refused")
    broken = json.loads(text)
    broken["dictionary"]["stackTable"][1]["locationIndices"] = [9]
    answer = export(clients_server, json.dumps(broken).encode(), "application/json")
    assert answer.status == 400 and answer.json["code"] == 3
    assert "profile 0: sample 0: location 9: location 9 of a table of 4" in answer.json["message"]
    old = json.loads(text)
    del old["dictionary"]["stackTable"]
    assert "opentelemetry-proto 1.45" in export(clients_server, json.dumps(old).encode(), "application/json").json["message"]
    # Field 6 of a sample, where an older layout has its timestamps.
    older = protobuf.replace(b"\x08\x02\x22\x02\x14\x05", b"\x08\x02\x32\x02\x14\x05")
    assert older != protobuf
    refused = export(clients_server, older)
    assert refused.status == 400 and b"a sample has fields of another layout" in refused.body
    assert export(clients_server, protobuf[:-1]).status == 400
    assert export(clients_server, text, "text/plain").status == 415
