// Calls every method of querier.v1.QuerierService with the client that is generated from Pyroscope's API, over protobuf as Grafana
// does, and prints the answers in JSON by method. Arguments: protocol (connect or grpc), the server's URL for it, a service, and begin
// and end in milliseconds.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"strconv"

	"connectrpc.com/connect"
	querier "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/querier/v1/querierv1connect"
	types "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"clients/wire"
)

const cpu = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"

var answers = map[string]json.RawMessage{}

func keep[T any](name string, answer *connect.Response[T], err error) {
	if err != nil {
		log.Fatalf("%s: %v", name, err)
	}
	text, err := protojson.Marshal(any(answer.Msg).(proto.Message))
	if err != nil {
		log.Fatal(err)
	}
	answers[name] = text
}

func milliseconds(text string) int64 {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return number
}

func main() {
	transport, options := wire.For(os.Args[1])
	client := querierv1connect.NewQuerierServiceClient(transport, os.Args[2], options...)
	selector := `{service_name="` + os.Args[3] + `"}`
	start, end := milliseconds(os.Args[4]), milliseconds(os.Args[5])
	ctx := context.Background()
	var few int64 = 3

	profileTypes, err := client.ProfileTypes(ctx, connect.NewRequest(&querier.ProfileTypesRequest{Start: start, End: end}))
	keep("ProfileTypes", profileTypes, err)
	names, err := client.LabelNames(ctx, connect.NewRequest(&types.LabelNamesRequest{
		Matchers: []string{selector}, Start: start, End: end}))
	keep("LabelNames", names, err)
	values, err := client.LabelValues(ctx, connect.NewRequest(&types.LabelValuesRequest{
		Name: "version", Matchers: []string{selector}, Start: start, End: end}))
	keep("LabelValues", values, err)
	series, err := client.Series(ctx, connect.NewRequest(&querier.SeriesRequest{
		Matchers: []string{selector}, LabelNames: []string{"service_name", "version"}, Start: start, End: end}))
	keep("Series", series, err)

	merge := &querier.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end}
	stacktraces, err := client.SelectMergeStacktraces(ctx, connect.NewRequest(merge))
	keep("SelectMergeStacktraces", stacktraces, err)
	cut := &querier.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end, MaxNodes: &few}
	stacktraces, err = client.SelectMergeStacktraces(ctx, connect.NewRequest(cut))
	keep("SelectMergeStacktraces of 3 nodes", stacktraces, err)
	span, err := client.SelectMergeSpanProfile(ctx, connect.NewRequest(&querier.SelectMergeSpanProfileRequest{
		ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end, SpanSelector: []string{"9a517183f26a089d"}}))
	keep("SelectMergeSpanProfile", span, err)
	profile, err := client.SelectMergeProfile(ctx, connect.NewRequest(&querier.SelectMergeProfileRequest{
		ProfileTypeID: cpu, LabelSelector: selector, Start: start, End: end}))
	keep("SelectMergeProfile", profile, err)
	diff, err := client.Diff(ctx, connect.NewRequest(&querier.DiffRequest{
		Left:  &querier.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: `{version="1"}`, Start: start, End: end},
		Right: &querier.SelectMergeStacktracesRequest{ProfileTypeID: cpu, LabelSelector: `{version="2"}`, Start: start, End: end}}))
	keep("Diff", diff, err)

	average := types.TimeSeriesAggregationType_TIME_SERIES_AGGREGATION_TYPE_AVERAGE
	for name, request := range map[string]*querier.SelectSeriesRequest{
		"SelectSeries":                    {Step: 10},
		"SelectSeries by version":         {Step: 20, GroupBy: []string{"version"}},
		"SelectSeries by version, region": {Step: 20, GroupBy: []string{"version", "region"}},
		"SelectSeries averaged":           {Step: 20, Aggregation: &average},
	} {
		request.ProfileTypeID, request.LabelSelector, request.Start, request.End = cpu, selector, start, end
		answer, err := client.SelectSeries(ctx, connect.NewRequest(request))
		keep(name, answer, err)
	}

	// What a client must not try again.
	_, err = client.SelectMergeStacktraces(ctx, connect.NewRequest(&querier.SelectMergeStacktracesRequest{
		ProfileTypeID: "cpu", LabelSelector: selector, Start: start, End: end}))
	code, _ := json.Marshal(connect.CodeOf(err).String())
	answers["an error's code"] = code

	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
