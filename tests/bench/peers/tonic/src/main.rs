//! tonic serves what tests/bench compares: grpc.health.v1.Health as tonic-health
//! ships it, and GetServerInfo with the answer in the file ANSWER.  One thread.
//! Prints its address.  Usage: tonic-peer ANSWER [CERT KEY]
use prost::Message;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

pub mod pb {
    include!(concat!(env!("OUT_DIR"), "/kindred.v1.rs"));
}
mod service {
    include!(concat!(env!("OUT_DIR"), "/kindred.v1.Accounts.rs"));
}
use service::accounts_server::{Accounts, AccountsServer};

struct Info(pb::GetServerInfoResponse);

#[tonic::async_trait]
impl Accounts for Info {
    async fn get_server_info(
        &self,
        _: Request<pb::GetServerInfoRequest>,
    ) -> Result<Response<pb::GetServerInfoResponse>, Status> {
        Ok(Response::new(self.0.clone()))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let info = pb::GetServerInfoResponse::decode(&std::fs::read(&args[1])?[..])?;
    let (_, health) = tonic_health::server::health_reporter();
    let mut server = Server::builder();
    if args.len() == 4 {
        let identity = Identity::from_pem(std::fs::read(&args[2])?, std::fs::read(&args[3])?);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    server
        .add_service(health)
        .add_service(AccountsServer::new(Info(info)))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
        .await?;
    Ok(())
}
