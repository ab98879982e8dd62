// Package wire has what a generated client needs to speak one protocol or the other.
package wire

import (
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"

	"connectrpc.com/connect"
	"golang.org/x/net/http2"
)

// For "connect": HTTP/1.1. For "grpc": HTTP/2 without TLS.
func For(protocol string) (*http.Client, []connect.ClientOption) {
	switch protocol {
	case "connect":
		return http.DefaultClient, nil
	case "grpc":
		dial := func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		return &http.Client{Transport: &http2.Transport{AllowHTTP: true, DialTLSContext: dial}}, []connect.ClientOption{connect.WithGRPC()}
	}
	log.Fatalf("no such protocol: %s", protocol)
	return nil, nil
}
