"""gRPC: what it brings beside HTTP, from clients that gRPC's and Pyroscope's own packages make. Queries: test_querying_clients.py."""

import json
import subprocess
import time

import pytest

import packages
import pprof
from server_process import Server
from test_otlp import CPU, OTLP, build, folded_of

GRPC = "grpcio==1.85.1"
TIMEOUT_S = 60
# Sends requests, given in hexadecimal, one after the other; prints code and message of each answer.
EXPORT = """
import json, sys
import grpc
from opentelemetry.proto.collector.profiles.v1development import profiles_service_pb2, profiles_service_pb2_grpc

address, packing, *requests = sys.argv[1:]
answers = []
with grpc.insecure_channel(address, compression=getattr(grpc.Compression, packing)) as channel:
    stub = profiles_service_pb2_grpc.ProfilesServiceStub(channel)
    for request in requests:
        try:
            stub.Export(profiles_service_pb2.ExportProfilesServiceRequest.FromString(bytes.fromhex(request)), timeout=30)
            answers.append({"code": "OK"})
        except grpc.RpcError as error:
            answers.append({"code": error.code().name, "message": error.details()})
json.dump(answers, sys.stdout)
"""


def export(server, *requests, packing="NoCompression"):
    interpreter = packages.python(OTLP, GRPC) / "python"
    command = [interpreter, "-c", EXPORT, server.grpc_address, packing, *(request.hex() for request in requests)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
    return json.loads(done.stdout)


def push(server, protocol, service, body, packing="gzip"):
    command = [packages.go_program("grpc_pusher"), protocol, server.url_for(protocol), service, packing]
    return subprocess.run(command, input=body, check=True, capture_output=True, timeout=TIMEOUT_S).stdout.decode().strip()


@pytest.mark.parametrize("packing", ["NoCompression", "Gzip"])
def test_otlp_totals_are_those_that_were_sent(clients_server, packing, checked):
    start = int(time.time()) // 10 * 10 - 600
    service = "otlp-grpc-" + packing
    request, _ = build(start, service)
    assert export(clients_server, request, request, packing=packing) == [{"code": "OK"}] * 2  # the id counts once
    assert folded_of(clients_server, start, f'{{service_name="{service}",host.name="here"}}') == (
        "main (app.py:11);bar (app.py:13) 250000000\nmain (app.py:11);foo (app.py:12) 750000000\n")
    checked("opentelemetry-proto 1.45.2, grpcio 1.85.1", "profiles over gRPC" + (", gzip" if packing == "Gzip" else ""))


def test_otlp_that_cannot_be_read_is_refused_whole(clients_server):
    request, _ = build(int(time.time()) - 600, "otlp-grpc-refused")
    # Field 6 of a sample, where an older layout has its timestamps.
    older = request.replace(b"\x08\x02\x22\x02\x14\x05", b"\x08\x02\x32\x02\x14\x05")
    assert older != request
    refused, = export(clients_server, older)
    assert refused["code"] == "INVALID_ARGUMENT"
    assert "a sample has fields of another layout" in refused["message"] and "opentelemetry-proto 1.45" in refused["message"]
    assert clients_server.call("opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export").status == 415


@pytest.mark.parametrize("packing", ["identity", "gzip"])
@pytest.mark.parametrize("protocol", ["connect", "grpc"])
def test_pushed_profiles_arrive_whole(clients_server, protocol, packing, checked):
    start = int(time.time()) // 10 * 10 - 600
    service = f"pushed-{protocol}-{packing}"
    body = pprof.encode("main;foo 75\nmain;bar 25", start * 10**9)
    assert push(clients_server, protocol, service, body, packing) == "ok"
    found = clients_server.get("/api/v1/profile", type=CPU, selector=f'{{service_name="{service}"}}',
                               **{"from": start * 1000, "until": (start + 10) * 1000}).json
    assert found["side"]["total"] == 100
    checked("github.com/grafana/pyroscope/api 0.4.0 (generated client)", f"over {protocol}: `Push`, {packing}")


@pytest.mark.parametrize("protocol", ["connect", "grpc"])
def test_what_is_no_pprof_is_not_sent_again(clients_server, protocol):
    assert push(clients_server, protocol, "broken", b"no pprof").startswith("invalid_argument")


def test_other_machines_are_let_in_only_if_that_was_asked_for(tmp_path):
    with pytest.raises(RuntimeError, match="--open"):
        Server(tmp_path / "data", "--grpc-listen", "0.0.0.0:0")
    open_server = Server(tmp_path / "data", "--grpc-listen", "0.0.0.0:0", "--open")
    assert open_server.grpc_address.startswith("0.0.0.0:")
    assert open_server.stop() == 0
