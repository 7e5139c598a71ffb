// What Marquee's serving path is compared with (tests/bench/serving_vs_peers.py): grpc-gateway before a service that
// always has the same answer. Two processes, like our gateway and recommender:
//
//	peer service 127.0.0.1:9001 answer.json    gRPC; answers every list with that one
//	peer gateway 127.0.0.1:8001 127.0.0.1:9001 REST before it, as grpc-gateway makes it of our own contract
//
// Nobody is authorized, nothing is looked up, logged or counted: the peer has less to do than we have.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"

	v1 "marquee/peer/gen/marquee/recommender/v1"
)

type service struct {
	v1.UnimplementedRecommenderServiceServer
	answer v1.ListRecommendationsResponse
}

func (s *service) ListRecommendations(context.Context, *v1.ListRecommendationsRequest) (*v1.ListRecommendationsResponse, error) {
	return &s.answer, nil
}

func serve(listen, answer string) error {
	var s service
	text, err := os.ReadFile(answer)
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(text, &s.answer); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	v1.RegisterRecommenderServiceServer(server, &s)
	return server.Serve(listener)
}

func gateway(listen, upstream string) error {
	// The same JSON as ours: fields by their names in the contract, none that is empty.
	json := &runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{UseProtoNames: true}}
	mux := runtime.NewServeMux(runtime.WithMarshalerOption(runtime.MIMEWildcard, json))
	plain := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if err := v1.RegisterRecommenderServiceHandlerFromEndpoint(context.Background(), mux, upstream, plain); err != nil {
		return err
	}
	return http.ListenAndServe(listen, mux)
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("peer service LISTEN ANSWER | peer gateway LISTEN UPSTREAM")
	}
	modes := map[string]func(string, string) error{"service": serve, "gateway": gateway}
	run, known := modes[os.Args[1]]
	if !known {
		log.Fatalf("peer: no such mode: %s", os.Args[1])
	}
	log.Fatal(run(os.Args[2], os.Args[3]))
}
