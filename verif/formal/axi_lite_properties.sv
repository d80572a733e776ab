// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// The rules of AXI4-Lite for a subordinate under proof: what it offers stays as it is until it is taken; it answers
/// each write and each read once, with OKAY and within a few cycles, and nothing that was not asked. What the manager
/// offers is assumed to stay until it is taken.
module axi_lite_properties (
    input wire aclk,
    input wire aresetn,

    input wire [11:0] awaddr,
    input wire        awvalid,
    input wire        awready,
    input wire [31:0] wdata,
    input wire [ 3:0] wstrb,
    input wire        wvalid,
    input wire        wready,
    input wire [ 1:0] bresp,
    input wire        bvalid,
    input wire        bready,
    input wire [11:0] araddr,
    input wire        arvalid,
    input wire        arready,
    input wire [31:0] rdata,
    input wire [ 1:0] rresp,
    input wire        rvalid,
    input wire        rready
);

  // Requests without an answer.
  logic [1:0] addresses_q;
  logic [1:0] data_q;
  logic [1:0] reads_q;

  always_ff @(posedge aclk) begin
    addresses_q <= addresses_q + 2'(awvalid && awready) - 2'(bvalid && bready);
    data_q      <= data_q + 2'(wvalid && wready) - 2'(bvalid && bready);
    reads_q     <= reads_q + 2'(arvalid && arready) - 2'(rvalid && rready);
    if (!aresetn) {addresses_q, data_q, reads_q} <= '0;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (bvalid) assert (addresses_q != '0 && data_q != '0 && bresp == 2'b00);
      if (rvalid) assert (reads_q != '0 && rresp == 2'b00);
      assert (addresses_q != 2'd3 && data_q != 2'd3 && reads_q != 2'd3);
    end
  end

  axis_properties #(
      .WIDTH  (12),
      .ASSUMED(1)
  ) u_write_address (
      .aclk,
      .aresetn,
      .tdata    (awaddr),
      .tlast    (1'b0),
      .tvalid   (awvalid),
      .tready   (awready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH  (36),
      .ASSUMED(1)
  ) u_write_data (
      .aclk,
      .aresetn,
      .tdata    ({wdata, wstrb}),
      .tlast    (1'b0),
      .tvalid   (wvalid),
      .tready   (wready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(2)
  ) u_write_response (
      .aclk,
      .aresetn,
      .tdata    (bresp),
      .tlast    (1'b0),
      .tvalid   (bvalid),
      .tready   (bready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH  (12),
      .ASSUMED(1)
  ) u_read_address (
      .aclk,
      .aresetn,
      .tdata    (araddr),
      .tlast    (1'b0),
      .tvalid   (arvalid),
      .tready   (arready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(34)
  ) u_read_data (
      .aclk,
      .aresetn,
      .tdata    ({rdata, rresp}),
      .tlast    (1'b0),
      .tvalid   (rvalid),
      .tready   (rready),
      .is_broken(),
      .shown    ()
  );

  response_properties #(
      .CYCLES(3)
  ) u_write_answer (
      .aclk,
      .aresetn,
      .is_due (bready && ((awvalid && wvalid) || addresses_q != '0)),
      .happens(bvalid)
  );

  response_properties #(
      .CYCLES(4)
  ) u_read_answer (
      .aclk,
      .aresetn,
      .is_due (rready && (arvalid || reads_q != '0)),
      .happens(rvalid)
  );

endmodule

`default_nettype wire
