// grpc_cpp serves what tests/bench compares: grpc.health.v1.Health as grpc++
// ships it, and GetServerInfo with the answer in the file ANSWER, by callbacks.
// Prints its address.  Usage: grpc_cpp ANSWER [CERT KEY]
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "kindred/v1/accounts.grpc.pb.h"

namespace {

using kindred::v1::GetServerInfoRequest;
using kindred::v1::GetServerInfoResponse;

class Accounts final : public kindred::v1::Accounts::CallbackService {
  public:
    explicit Accounts(const std::string& answer)
    {
        if (!answer_.ParseFromString(answer))
            throw std::runtime_error("ANSWER is no GetServerInfoResponse");
    }

    grpc::ServerUnaryReactor*
    GetServerInfo(grpc::CallbackServerContext* context,
                  const GetServerInfoRequest*,
                  GetServerInfoResponse* response) override
    {
        auto* reactor = context->DefaultReactor();

        *response = answer_;
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }

  private:
    GetServerInfoResponse answer_;
};

std::string all_of(const char* path)
{
    std::ifstream file(path, std::ios::binary);

    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

int main(int argc, char** argv)
{
    grpc::ServerBuilder builder;
    auto credentials = grpc::InsecureServerCredentials();
    int port = 0;

    if (argc != 2 && argc != 4)
        return 2;
    if (argc == 4) {
        grpc::SslServerCredentialsOptions options;

        options.pem_key_cert_pairs.push_back({all_of(argv[3]), all_of(argv[2])});
        credentials = grpc::SslServerCredentials(options);
    }
    Accounts accounts(all_of(argv[1]));
    grpc::EnableDefaultHealthCheckService(true);
    builder.RegisterService(&accounts);
    builder.AddListeningPort("127.0.0.1:0", credentials, &port);
    auto server = builder.BuildAndStart();
    if (!server)
        return 1;
    std::printf("127.0.0.1:%d\n", port);
    std::fflush(stdout);
    server->Wait();
}
