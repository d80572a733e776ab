// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// Stands for the read DMA, towards axi_host: any data; done once for each job; see the assumptions below.
module dma_mm2s #(
    parameter int ADDR_W = 32,
    parameter int DATA_W = 64,
    parameter int LENGTH_W = 32
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    input  wire  [  ADDR_W-1:0] s_cmd_address,
    input  wire  [LENGTH_W-1:0] s_cmd_bytes,
    input  wire                 s_cmd_valid,
    output logic                s_cmd_ready,
    input  wire                 abort,
    output logic                done,
    output logic                error_response,
    output logic                error_length,
    output logic                error_address,
    output logic                aborted,
    output logic [  ADDR_W-1:0] m_axi_araddr,
    output logic [         7:0] m_axi_arlen,
    output logic [         2:0] m_axi_arsize,
    output logic [         1:0] m_axi_arburst,
    output logic [         3:0] m_axi_arcache,
    output logic [         2:0] m_axi_arprot,
    output logic                m_axi_arvalid,
    input  wire                 m_axi_arready,
    input  wire  [  DATA_W-1:0] m_axi_rdata,
    input  wire  [         1:0] m_axi_rresp,
    input  wire                 m_axi_rlast,
    input  wire                 m_axi_rvalid,
    output logic                m_axi_rready,
    output logic [  DATA_W-1:0] m_axis_tdata,
    output logic [DATA_W/8-1:0] m_axis_tkeep,
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);
  logic is_busy_q;

  always_ff @(posedge aclk) begin
    if (done) is_busy_q <= 1'b0;
    if (s_cmd_valid && s_cmd_ready) is_busy_q <= 1'b1;
    if (!aresetn) is_busy_q <= 1'b0;
  end

  assign s_cmd_ready = !is_busy_q;
  assign done = is_busy_q && axi_host_proof.read_ends;
  assign {error_response, error_length, error_address, aborted} = axi_host_proof.read_flags;
  assign {m_axi_araddr, m_axi_arlen, m_axi_arsize, m_axi_arburst, m_axi_arcache, m_axi_arprot} = '0;
  assign {m_axi_arvalid, m_axi_rready} = '0;
  assign m_axis_tdata = axi_host_proof.read_data;
  assign m_axis_tkeep = '1;
  assign m_axis_tlast = 1'b0;
  assign m_axis_tvalid = axi_host_proof.read_valid;
endmodule

/// Stands for the write DMA, in the same way.
module dma_s2mm #(
    parameter int ADDR_W = 32,
    parameter int DATA_W = 64,
    parameter int LENGTH_W = 32
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    input  wire  [  ADDR_W-1:0] s_cmd_address,
    input  wire  [LENGTH_W-1:0] s_cmd_bytes,
    input  wire                 s_cmd_valid,
    output logic                s_cmd_ready,
    input  wire                 abort,
    output logic                done,
    output logic                error_response,
    output logic                error_underrun,
    output logic                error_overrun,
    output logic                error_length,
    output logic                error_address,
    output logic                aborted,
    output logic [LENGTH_W-1:0] written,
    input  wire  [  DATA_W-1:0] s_axis_tdata,
    input  wire  [DATA_W/8-1:0] s_axis_tkeep,
    input  wire                 s_axis_tlast,
    input  wire                 s_axis_tvalid,
    output logic                s_axis_tready,
    output logic [  ADDR_W-1:0] m_axi_awaddr,
    output logic [         7:0] m_axi_awlen,
    output logic [         2:0] m_axi_awsize,
    output logic [         1:0] m_axi_awburst,
    output logic [         3:0] m_axi_awcache,
    output logic [         2:0] m_axi_awprot,
    output logic                m_axi_awvalid,
    input  wire                 m_axi_awready,
    output logic [  DATA_W-1:0] m_axi_wdata,
    output logic [DATA_W/8-1:0] m_axi_wstrb,
    output logic                m_axi_wlast,
    output logic                m_axi_wvalid,
    input  wire                 m_axi_wready,
    input  wire  [         1:0] m_axi_bresp,
    input  wire                 m_axi_bvalid,
    output logic                m_axi_bready
);
  logic is_busy_q;

  always_ff @(posedge aclk) begin
    if (done) is_busy_q <= 1'b0;
    if (s_cmd_valid && s_cmd_ready) is_busy_q <= 1'b1;
    if (!aresetn) is_busy_q <= 1'b0;
  end

  assign s_cmd_ready = !is_busy_q;
  assign done = is_busy_q && axi_host_proof.write_ends;
  assign {error_response, error_address} = axi_host_proof.write_flags;
  assign {error_underrun, error_overrun, error_length, aborted} = '0;
  assign written = '0;
  assign s_axis_tready = axi_host_proof.write_ready;
  assign {m_axi_awaddr, m_axi_awlen, m_axi_awsize, m_axi_awburst, m_axi_awcache, m_axi_awprot} = '0;
  assign {m_axi_wdata, m_axi_wstrb, m_axi_awvalid, m_axi_wlast, m_axi_wvalid, m_axi_bready} = '0;
endmodule

/// axi_host around DMAs that keep their own rules (dma_mm2s_proof, dma_s2mm_proof), whatever else they do: the rules of
/// AXI4-Lite and of the streams to the network and to the write DMA, which carry the frames and the results, in order;
/// both DMAs get their commands together, with what the job was started with; a job ends when both are done; after an
/// abort the network is reset. With weights: they are read while a job runs, at the address that it was started with,
/// and no job ends, and none begins, before their readers have ended and the network was reset.
module axi_host_proof #(
    parameter int WEIGHTS_BYTES = 0,
    localparam int ADDR_W = 32,
    localparam int DATA_W = 32,
    localparam int INPUT_W = 16,
    localparam int RESULT_W = 16
) (
    input wire aclk,
    input wire aresetn,
    input wire pick,

    /// Of the read DMA and the write DMA.
    input wire              read_ends,
    input wire [       3:0] read_flags,
    input wire [DATA_W-1:0] read_data,
    input wire              read_valid,
    input wire              write_ends,
    input wire [       1:0] write_flags,
    input wire              write_ready,
    /// Of the readers of weights.
    input wire              readers_end,
    input wire              readers_fail,

    input wire [11:0] s_axil_awaddr,
    input wire [ 2:0] s_axil_awprot,
    input wire        s_axil_awvalid,
    input wire [31:0] s_axil_wdata,
    input wire [ 3:0] s_axil_wstrb,
    input wire        s_axil_wvalid,
    input wire        s_axil_bready,
    input wire [11:0] s_axil_araddr,
    input wire [ 2:0] s_axil_arprot,
    input wire        s_axil_arvalid,
    input wire        s_axil_rready,

    input wire                m_axis_tready,
    input wire [RESULT_W-1:0] s_axis_tdata,
    input wire                s_axis_tuser,
    input wire                s_axis_tlast,
    input wire                s_axis_tvalid
);

  // A frame is one beat of the memory and two of the network, and so is a result.
  localparam int Stride = DATA_W / 8;

  logic s_axil_awready;
  logic s_axil_wready;
  logic [1:0] s_axil_bresp;
  logic s_axil_bvalid;
  logic s_axil_arready;
  logic [31:0] s_axil_rdata;
  logic [1:0] s_axil_rresp;
  logic s_axil_rvalid;
  logic irq;
  logic network_aresetn;
  logic [INPUT_W-1:0] m_axis_tdata;
  logic m_axis_tlast;
  logic m_axis_tvalid;
  logic s_axis_tready;
  logic [ADDR_W-1:0] weights_address;
  logic weights_run;
  // As weight_reader has it: busy from the cycle behind run until some time after it fell, an error until the end.
  logic weights_busy_q;
  logic weights_error_q;

  always_ff @(posedge aclk) begin
    weights_busy_q <= weights_run || (weights_busy_q && !readers_end);
    weights_error_q <= weights_busy_q && (weights_run || !readers_end) && (weights_error_q || readers_fail);
    if (!aresetn) begin
      weights_busy_q <= 1'b0;
      weights_error_q <= 1'b0;
    end
  end

  axi_host #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W),
      .INPUT_W(INPUT_W),
      .INPUT_FRAME_BITS(DATA_W),
      .RESULT_W(RESULT_W),
      .RESULT_BEATS(DATA_W / RESULT_W),
      .WEIGHTS_BYTES(WEIGHTS_BYTES)
  ) dut (
      .aclk,
      .aresetn,
      .irq,
      .s_axil_awaddr,
      .s_axil_awprot,
      .s_axil_awvalid,
      .s_axil_awready,
      .s_axil_wdata,
      .s_axil_wstrb,
      .s_axil_wvalid,
      .s_axil_wready,
      .s_axil_bresp,
      .s_axil_bvalid,
      .s_axil_bready,
      .s_axil_araddr,
      .s_axil_arprot,
      .s_axil_arvalid,
      .s_axil_arready,
      .s_axil_rdata,
      .s_axil_rresp,
      .s_axil_rvalid,
      .s_axil_rready,
      .m_axi_araddr (),
      .m_axi_arlen  (),
      .m_axi_arsize (),
      .m_axi_arburst(),
      .m_axi_arcache(),
      .m_axi_arprot (),
      .m_axi_arvalid(),
      .m_axi_arready(1'b0),
      .m_axi_rdata  ('0),
      .m_axi_rresp  ('0),
      .m_axi_rlast  (1'b0),
      .m_axi_rvalid (1'b0),
      .m_axi_rready (),
      .m_axi_awaddr (),
      .m_axi_awlen  (),
      .m_axi_awsize (),
      .m_axi_awburst(),
      .m_axi_awcache(),
      .m_axi_awprot (),
      .m_axi_awvalid(),
      .m_axi_awready(1'b0),
      .m_axi_wdata  (),
      .m_axi_wstrb  (),
      .m_axi_wlast  (),
      .m_axi_wvalid (),
      .m_axi_wready (1'b0),
      .m_axi_bresp  ('0),
      .m_axi_bvalid (1'b0),
      .m_axi_bready (),
      .network_aresetn,
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready,
      .s_axis_tdata,
      .s_axis_tuser,
      .s_axis_tlast,
      .s_axis_tvalid,
      .s_axis_tready,
      .m_axis_load_tdata (),
      .m_axis_load_tlast (),
      .m_axis_load_tvalid(),
      .m_axis_load_tready(1'b0),
      .load_done         (1'b0),
      .load_error        ('0),
      .set_valid         (1'b1),
      .set_number        ('0),
      .weights_address,
      .weights_run,
      .weights_busy      (weights_busy_q),
      .weights_error     (weights_error_q)
  );

  reset_properties u_reset (.*);

  axi_lite_properties u_axil (
      .aclk,
      .aresetn,
      .awaddr (s_axil_awaddr),
      .awvalid(s_axil_awvalid),
      .awready(s_axil_awready),
      .wdata  (s_axil_wdata),
      .wstrb  (s_axil_wstrb),
      .wvalid (s_axil_wvalid),
      .wready (s_axil_wready),
      .bresp  (s_axil_bresp),
      .bvalid (s_axil_bvalid),
      .bready (s_axil_bready),
      .araddr (s_axil_araddr),
      .arvalid(s_axil_arvalid),
      .arready(s_axil_arready),
      .rdata  (s_axil_rdata),
      .rresp  (s_axil_rresp),
      .rvalid (s_axil_rvalid),
      .rready (s_axil_rready)
  );

  // ---- Streams ----
  axis_properties #(
      .WIDTH  (DATA_W),
      .ASSUMED(1)
  ) u_read (
      .aclk,
      .aresetn  (aresetn && !dut.dma_abort),
      .tdata    (read_data),
      .tlast    (1'b0),
      .tvalid   (read_valid),
      .tready   (dut.read_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(INPUT_W)
  ) u_network_input (
      .aclk,
      .aresetn  (network_aresetn),
      .tdata    (m_axis_tdata),
      .tlast    (m_axis_tlast),
      .tvalid   (m_axis_tvalid),
      .tready   (m_axis_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH  (RESULT_W + 1),
      .ASSUMED(1)
  ) u_network_output (
      .aclk,
      .aresetn  (network_aresetn),
      .tdata    ({s_axis_tdata, s_axis_tuser}),
      .tlast    (s_axis_tlast),
      .tvalid   (s_axis_tvalid),
      .tready   (s_axis_tready),
      .is_broken(),
      .shown    ()
  );

  axis_properties #(
      .WIDTH(DATA_W)
  ) u_write (
      .aclk,
      .aresetn  (network_aresetn),
      .tdata    (dut.write_tdata),
      .tlast    (1'b0),
      .tvalid   (dut.write_tvalid),
      .tready   (write_ready),
      .is_broken(),
      .shown    ()
  );

  // ---- Frames and results ----
  logic in_fire;
  logic in_beat;
  logic in_ends;
  logic [DATA_W-1:0] frame_q;
  logic frame_comes;
  logic frame_is_recorded;
  logic frame_is_compared;
  logic frame_is_owed;
  logic out_fire;
  logic out_beat;
  logic out_ends;
  logic [DATA_W-1:0] result_q;
  logic result_is_recorded;
  logic result_is_compared;
  logic result_is_owed;

  assign frame_comes = read_valid && dut.read_tready;
  assign in_fire = m_axis_tvalid && m_axis_tready;
  assign out_fire = s_axis_tvalid && s_axis_tready;

  beat_counter #(
      .BEATS(DATA_W / INPUT_W)
  ) u_in (
      .aclk,
      .aresetn(aresetn && network_aresetn),
      .fire   (in_fire),
      .beat_q (in_beat),
      .ends   (in_ends)
  );

  beat_counter #(
      .BEATS(DATA_W / RESULT_W)
  ) u_out (
      .aclk,
      .aresetn(aresetn && network_aresetn),
      .fire   (out_fire),
      .beat_q (out_beat),
      .ends   (out_ends)
  );

  frame_properties #(
      .FRAMES(5)
  ) u_frames (
      .aclk,
      .aresetn(aresetn && network_aresetn),
      .pick,
      .in_fire(frame_comes),
      .in_ends(1'b1),
      .out_valid(m_axis_tvalid),
      .out_fire(in_fire),
      .out_ends(in_ends),
      .in_is_watched(frame_is_recorded),
      .out_is_watched(frame_is_compared),
      .held_q(),
      .is_owed(frame_is_owed)
  );

  frame_properties #(
      .FRAMES(3)
  ) u_results (
      .aclk,
      .aresetn(aresetn && network_aresetn),
      .pick,
      .in_fire(out_fire),
      .in_ends(out_ends),
      .out_valid(dut.write_tvalid),
      .out_fire(dut.write_tvalid && write_ready),
      .out_ends(1'b1),
      .in_is_watched(result_is_recorded),
      .out_is_watched(result_is_compared),
      .held_q(),
      .is_owed(result_is_owed)
  );

  response_properties #(
      .CYCLES(4)
  ) u_frame_response (
      .aclk,
      .aresetn (aresetn && network_aresetn),
      .is_due  (m_axis_tready && (read_valid || frame_is_owed)),
      .happens (in_fire)
  );

  response_properties #(
      .CYCLES(4)
  ) u_result_response (
      .aclk,
      .aresetn (aresetn && network_aresetn),
      .is_due  (write_ready && (s_axis_tvalid || result_is_owed)),
      .happens (dut.write_tvalid)
  );

  always_ff @(posedge aclk) begin
    if (frame_comes && frame_is_recorded) frame_q <= read_data;
    if (out_fire && result_is_recorded) begin
      if (out_beat) result_q[DATA_W-1:RESULT_W] <= s_axis_tdata;
      else result_q[RESULT_W-1:0] <= s_axis_tdata;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn && network_aresetn) begin
      if (m_axis_tvalid) assert (m_axis_tlast == in_ends);
      if (m_axis_tvalid && frame_is_compared) begin
        assert (m_axis_tdata == (in_beat ? frame_q[DATA_W-1:INPUT_W] : frame_q[INPUT_W-1:0]));
      end
      if (dut.write_tvalid && result_is_compared) assert (dut.write_tdata == result_q);
    end
  end

  // ---- Jobs ----
  logic busy;
  logic starts;
  logic launches;
  logic read_launches;
  logic write_launches;
  logic finishes;
  logic [23:0] frames_q;
  logic [63:0] read_address_q;
  logic [63:0] write_address_q;
  logic is_launched_q;
  // A load, which there is none of.
  logic is_load_q;
  logic [63:0] weights_q;
  logic was_run_q;
  logic is_weightless;
  logic is_aborted_q;
  logic read_done_q;
  logic write_done_q;
  // The network was reset since the last abort.
  logic is_clean_q;

  assign busy = dut.busy;
  assign starts = dut.start && !busy;
  assign read_launches = dut.u_read.s_cmd_valid && dut.u_read.s_cmd_ready;
  assign write_launches = dut.u_write.s_cmd_valid && dut.u_write.s_cmd_ready;
  assign launches = read_launches || write_launches;
  assign finishes = dut.set_status[axi_host_pkg::STATUS_DONE];
  assign is_weightless = WEIGHTS_BYTES > 0 && (weights_q == '0 || weights_q[11:0] != '0 ||
                                               65'(weights_q) + 65'(WEIGHTS_BYTES) > 65'd1 << ADDR_W);

  always_ff @(posedge aclk) begin
    if (launches) is_launched_q <= 1'b1;
    if (dut.read_done) read_done_q <= 1'b1;
    if (dut.write_done) write_done_q <= 1'b1;
    if (busy && (dut.abort || dut.u_job.refused || weights_error_q) && !finishes) is_aborted_q <= 1'b1;
    was_run_q <= weights_run;
    if (starts) begin
      weights_q <= dut.weights_register;
      frames_q <= dut.frames;
      is_load_q <= dut.load;
      read_address_q <= dut.input_address;
      write_address_q <= dut.output_address;
      is_launched_q <= 1'b0;
      is_aborted_q <= 1'b0;
      read_done_q <= 1'b0;
      write_done_q <= 1'b0;
    end
    is_clean_q <= (is_clean_q || !network_aresetn) && !dut.dma_abort && !weights_run;
    if (!aresetn) begin
      is_launched_q <= 1'b0;
      is_aborted_q <= 1'b0;
      is_clean_q <= 1'b1;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (read_launches == write_launches);
      if (launches) begin
        assert (busy && !is_launched_q && !is_load_q && frames_q != '0 && is_clean_q);
        assert (!is_weightless && !weights_busy_q);
        assert (dut.read_address == read_address_q && read_address_q[63:ADDR_W] == '0);
        assert (dut.write_address == write_address_q && write_address_q[63:ADDR_W] == '0);
        assert (dut.read_bytes == 32'(frames_q) * Stride && dut.write_bytes == 32'(frames_q) * Stride);
      end
      if (finishes) begin
        assert (busy && (!is_launched_q || (read_done_q && write_done_q)));
        assert (is_launched_q || frames_q == '0 || is_aborted_q || is_load_q ||
                (read_address_q[63:ADDR_W] | write_address_q[63:ADDR_W]) != '0 || is_weightless);
        assert (!weights_busy_q && !weights_run);
      end
      if (dut.set_status[axi_host_pkg::STATUS_ABORTED]) assert (finishes && is_aborted_q);
      if (dut.dma_abort) assert (busy && is_launched_q && is_aborted_q);
      if (weights_run) assert (WEIGHTS_BYTES > 0 && busy && is_launched_q && weights_address == weights_q[ADDR_W-1:0]);
      if (weights_busy_q && !weights_run && !was_run_q) assert (!network_aresetn);
      if (weights_error_q) assert (dut.set_status[axi_host_pkg::STATUS_WEIGHTS_ERROR]);
      cover (launches);
      cover (finishes && is_launched_q && !is_aborted_q);
      cover (finishes && is_launched_q && is_aborted_q);
      cover (m_axis_tvalid && m_axis_tready && m_axis_tlast);
      cover (dut.write_tvalid && write_ready);
    end
  end

  // A job ends when both DMAs are done, or by itself if they were not started.
  response_properties #(
      .CYCLES(12)
  ) u_response (
      .aclk,
      .aresetn,
      .is_due (busy && (!is_launched_q || (read_done_q && write_done_q && !weights_busy_q))),
      .happens(launches || finishes)
  );

endmodule

`default_nettype wire
