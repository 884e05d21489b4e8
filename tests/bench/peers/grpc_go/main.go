// grpc_go serves what tests/bench compares: grpc.health.v1.Health as grpc-go
// ships it, and GetServerInfo with an answer as long as the file ANSWER, in one
// field, which costs it less than ours.  Prints its address.
// Usage: grpc_go ANSWER [CERT KEY]
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// answer is a message of size bytes: one bytes field of fewer than 16 KiB.
func answer(size int) *wrapperspb.BytesValue {
	payload := size - 2
	if payload > 127 {
		payload--
	}
	return wrapperspb.Bytes(make([]byte, payload))
}

func main() {
	file, err := os.ReadFile(os.Args[1])
	if err != nil || len(file) < 2 {
		log.Fatal("usage: grpc_go ANSWER [CERT KEY]")
	}
	reply := answer(len(file))
	info := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		if err := decode(new(emptypb.Empty)); err != nil {
			return nil, err
		}
		return reply, nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	var options []grpc.ServerOption
	if len(os.Args) == 4 {
		tls, err := credentials.NewServerTLSFromFile(os.Args[2], os.Args[3])
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.Creds(tls))
	}
	server := grpc.NewServer(options...)
	healthpb.RegisterHealthServer(server, health.NewServer())
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "kindred.v1.Accounts",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "GetServerInfo", Handler: info}},
	}, nil)
	fmt.Println(listener.Addr())
	log.Fatal(server.Serve(listener))
}
