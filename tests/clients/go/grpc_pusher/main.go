// Sends a pprof, given as input, with the client that is generated from Pyroscope's API, and prints the code of the answer.
// Arguments: protocol, the server's URL for it, the service's name, and "gzip" or "identity".
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"connectrpc.com/connect"
	push "github.com/grafana/pyroscope/api/gen/proto/go/push/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/push/v1/pushv1connect"
	types "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"

	"clients/wire"
)

func main() {
	pprof, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	transport, options := wire.For(os.Args[1])
	if os.Args[4] == "gzip" {
		options = append(options, connect.WithSendGzip())
	}
	client := pushv1connect.NewPusherServiceClient(transport, os.Args[2], options...)
	labels := []*types.LabelPair{{Name: "__name__", Value: "process_cpu"}, {Name: "service_name", Value: os.Args[3]}}
	_, err = client.Push(context.Background(), connect.NewRequest(&push.PushRequest{Series: []*push.RawProfileSeries{
		{Labels: labels, Samples: []*push.RawSample{{RawProfile: pprof}}}}}))
	if err != nil {
		fmt.Println(connect.CodeOf(err), err)
		return
	}
	fmt.Println("ok")
}
