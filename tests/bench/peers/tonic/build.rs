//! The messages of the proto; of the service only the call that is measured, so
//! that a call the API gains is nothing to this peer.
use tonic_build::manual::{Builder, Method, Service};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let protos = std::env::var("KINDRED_PROTO")?;
    let file = format!("{protos}/kindred/v1/accounts.proto");
    println!("cargo:rerun-if-changed={file}");
    tonic_prost_build::configure()
        .build_client(false)
        .build_server(false)
        .compile_protos(&[file], &[protos])?;
    let method = Method::builder()
        .name("get_server_info")
        .route_name("GetServerInfo")
        .input_type("crate::pb::GetServerInfoRequest")
        .output_type("crate::pb::GetServerInfoResponse")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let service = Service::builder()
        .name("Accounts")
        .package("kindred.v1")
        .method(method)
        .build();
    Builder::new().build_client(false).compile(&[service]);
    Ok(())
}
