// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// What a network needs to work for a processor: frames from memory, results to memory, control and measurements.
///
/// A job is a number of frames at one address and room for their results at another; both lie packed, each frame and
/// each result from a new beat of DATA_W bits on (INPUT_STRIDE and OUTPUT_STRIDE bytes apart). The registers on the
/// AXI4-Lite side (axi_host.rdl) set it up, start it and say how it went and how long it took. `irq` is high while
/// STATUS.done and CONTROL.irq_enable are.
///
/// Layers whose weights are in memory have weight_readers beside this module: it gives them the address, lets them read
/// while a job runs, and ends a job of which one tells an error. Behind each job the network is reset then.
///
/// Throughput: a frame in max(ceil(INPUT_FRAME_BITS / DATA_W), beats on the network's side) cycles, so that the network
/// sets the pace wherever that is less than its initiation interval. The memory never waits for the network: reads are
/// asked for only when the buffer has room for them, writes only when their data are there.
module axi_host #(
    /// Bits of an address in memory, 32..64.
    parameter int ADDR_W = 32,
    /// Bits of a beat in memory: 32, 64, 128 ... 1024.
    parameter int DATA_W = 64,
    /// Bits of the network's input beats, >= 1.
    parameter int INPUT_W = 8,
    /// Bits of an input frame, >= 1.
    parameter int INPUT_FRAME_BITS = 64,
    /// Bits of the network's result beats, >= 1.
    parameter int RESULT_W = 8,
    /// Beats of a result, >= 1.
    parameter int RESULT_BEATS = 1,
    /// Words of output.identity, the first in the least significant bits. Only the generator knows them: the driver
    /// refuses hardware without.
    parameter logic [383:0] IDENTITY = '0,
    /// Of a network with parameters that can be changed: its signature, and the bytes of a set in memory, whole beats;
    /// 0 where they cannot.
    parameter logic [31:0] SIGNATURE = '0,
    parameter int LOAD_BYTES = 0,
    /// Bytes of the weights that the network reads from memory, a multiple of 4096; 0 where it reads none.
    parameter int WEIGHTS_BYTES = 0
) (
    input wire aclk,
    input wire aresetn,

    output logic irq,

    input  wire  [11:0] s_axil_awaddr,
    input  wire  [ 2:0] s_axil_awprot,
    input  wire         s_axil_awvalid,
    output logic        s_axil_awready,
    input  wire  [31:0] s_axil_wdata,
    input  wire  [ 3:0] s_axil_wstrb,
    input  wire         s_axil_wvalid,
    output logic        s_axil_wready,
    output logic [ 1:0] s_axil_bresp,
    output logic        s_axil_bvalid,
    input  wire         s_axil_bready,
    input  wire  [11:0] s_axil_araddr,
    input  wire  [ 2:0] s_axil_arprot,
    input  wire         s_axil_arvalid,
    output logic        s_axil_arready,
    output logic [31:0] s_axil_rdata,
    output logic [ 1:0] s_axil_rresp,
    output logic        s_axil_rvalid,
    input  wire         s_axil_rready,

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
    output logic                m_axi_bready,

    /// Reset of the network, active low: with aresetn, after a job that was aborted, and with WEIGHTS_BYTES after each.
    output logic network_aresetn,

    /// Frames to the network, tlast on a frame's last beat.
    output logic [INPUT_W-1:0] m_axis_tdata,
    output logic               m_axis_tlast,
    output logic               m_axis_tvalid,
    input  wire                m_axis_tready,

    /// Results from the network; tuser with a result's last beat: its frame was malformed.
    input  wire  [RESULT_W-1:0] s_axis_tdata,
    input  wire                 s_axis_tuser,
    input  wire                 s_axis_tlast,
    input  wire                 s_axis_tvalid,
    output logic                s_axis_tready,

    /// Sets of parameters to the network, and what its parameter_loader says of them. Without LOAD_BYTES nothing is
    /// given, and nothing looked at.
    output logic [31:0] m_axis_load_tdata,
    output logic        m_axis_load_tlast,
    output logic        m_axis_load_tvalid,
    input  wire         m_axis_load_tready,
    input  wire         load_done,
    input  wire  [ 2:0] load_error,
    input  wire         set_valid,
    input  wire  [31:0] set_number,

    /// To the weight_readers: where their weights begin, that they shall read; and back: that one of them is busy, that
    /// one has ended by an error. Without WEIGHTS_BYTES nothing is looked at.
    output logic [ADDR_W-1:0] weights_address,
    output logic              weights_run,
    input  wire               weights_busy,
    input  wire               weights_error
);

  localparam int BytesPerBeat = DATA_W / 8;
  localparam int InputStride = finn_pkg::ceil_div(INPUT_FRAME_BITS, DATA_W) * BytesPerBeat;
  localparam int OutputStride = finn_pkg::ceil_div(RESULT_W * RESULT_BEATS, DATA_W) * BytesPerBeat;

  `FINN_CHECK(check_addr_w, ADDR_W >= 32 && ADDR_W <= 64, ("axi_host: ADDR_W=%0d must be 32 to 64", ADDR_W))
  `FINN_CHECK(check_input_w, INPUT_W >= 1, ("axi_host: INPUT_W=%0d must be at least 1", INPUT_W))
  `FINN_CHECK(check_frame, INPUT_FRAME_BITS >= 1,
              ("axi_host: INPUT_FRAME_BITS=%0d must be at least 1", INPUT_FRAME_BITS))
  `FINN_CHECK(check_result_w, RESULT_W >= 1, ("axi_host: RESULT_W=%0d must be at least 1", RESULT_W))
  `FINN_CHECK(check_result_beats, RESULT_BEATS >= 1,
              ("axi_host: RESULT_BEATS=%0d must be at least 1", RESULT_BEATS))
  `FINN_CHECK(check_strides, InputStride <= 2 ** 27 && OutputStride <= 2 ** 27,
              ("axi_host: a frame of %0d bytes and a result of %0d must be at most 2**27", InputStride, OutputStride))
  `FINN_CHECK(check_load, LOAD_BYTES >= 0 && LOAD_BYTES % BytesPerBeat == 0,
              ("axi_host: LOAD_BYTES=%0d must be a multiple of DATA_W=%0d bits, or 0", LOAD_BYTES, DATA_W))
  `FINN_CHECK(check_weights, WEIGHTS_BYTES >= 0 && WEIGHTS_BYTES % 4096 == 0,
              ("axi_host: WEIGHTS_BYTES=%0d must be a multiple of 4096, or 0", WEIGHTS_BYTES))

  logic start;
  logic abort;
  logic load;
  logic [23:0] frames;
  logic [63:0] input_address;
  logic [63:0] output_address;
  logic [63:0] weights_register;
  logic busy;
  logic [31:0] set_status;
  logic [23:0] frames_in;
  logic [23:0] results;
  logic [31:0] latency;
  logic [47:0] span;
  logic [47:0] cycles;

  axi_host_registers #(
      .IDENTITY(IDENTITY),
      .INPUT_STRIDE(InputStride),
      .OUTPUT_STRIDE(OutputStride),
      .SIGNATURE(SIGNATURE),
      .LOAD_BYTES(LOAD_BYTES),
      .WEIGHTS_BYTES(WEIGHTS_BYTES)
  ) u_registers (
      .aclk,
      .aresetn,
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
      .irq,
      .start,
      .abort,
      .load,
      .frames,
      .input_address,
      .output_address,
      .weights_address(weights_register),
      .busy,
      .set_status,
      .frames_in,
      .results,
      .latency,
      .span,
      .cycles,
      .set_number(LOAD_BYTES > 0 ? set_number : '0),
      .set_valid(set_valid && LOAD_BYTES > 0)
  );

  logic [ADDR_W-1:0] read_address;
  logic [31:0] read_bytes;
  logic [ADDR_W-1:0] write_address;
  logic [31:0] write_bytes;
  logic command_valid;
  logic loads;
  logic read_ready;
  logic write_ready;
  logic dma_abort;
  logic read_done;
  logic read_response_error;
  logic read_length_error;
  logic read_address_error;
  logic write_done;
  logic write_response_error;
  logic write_address_error;
  logic [DATA_W-1:0] read_tdata;
  logic read_tvalid;
  logic read_tready;
  logic [DATA_W-1:0] near_tdata;
  logic near_tvalid;
  logic near_tready;
  logic frame_tready;
  logic [DATA_W-1:0] write_tdata;
  logic write_tlast;
  logic write_tvalid;
  logic write_tready;
  logic in_fire;
  logic out_fire;
  logic converter_tlast;
  logic writes_last;

  assign in_fire  = m_axis_tvalid && m_axis_tready;
  assign out_fire = s_axis_tvalid && s_axis_tready;

  axi_host_job #(
      .ADDR_W(ADDR_W),
      .INPUT_STRIDE(InputStride),
      .OUTPUT_STRIDE(OutputStride),
      .LOAD_BYTES(LOAD_BYTES),
      .WEIGHTS_BYTES(WEIGHTS_BYTES)
  ) u_job (
      .aclk,
      .aresetn,
      .start,
      .abort,
      .load,
      .frames,
      .input_address,
      .output_address,
      .weights_address(weights_register),
      .busy,
      .set_status,
      .frames_in,
      .results,
      .latency,
      .span,
      .cycles,
      .read_address,
      .read_bytes,
      .write_address,
      .write_bytes,
      .command_valid,
      .loads,
      .command_ready(read_ready && write_ready),
      .dma_abort,
      .read_done,
      .read_response_error,
      .read_length_error,
      .read_refused(read_address_error),
      .write_done,
      .write_response_error,
      .write_refused(write_address_error),
      .network_resetn(network_aresetn),
      .in_fire,
      .in_last(m_axis_tlast),
      .out_fire,
      .out_last(s_axis_tlast),
      .out_bad(s_axis_tuser),
      .result_written(write_tvalid && write_tready && converter_tlast),
      .writes_last,
      .load_done(load_done && LOAD_BYTES > 0),
      .load_error,
      .set_valid(set_valid || LOAD_BYTES == 0),
      .load_fire(m_axis_load_tvalid && m_axis_load_tready),
      .load_last(m_axis_load_tlast),
      .weights_base(weights_address),
      .weights_run,
      .weights_busy,
      .weights_error
  );

  // Frames and results are whole beats, and the last result of a job is marked: nothing to be seen here.
  logic [BytesPerBeat-1:0] unused_read_tkeep;
  logic unused_read_tlast;
  logic unused_near_tlast;
  logic unused_read_aborted;
  logic unused_write_aborted;
  logic unused_write_underrun;
  logic unused_write_overrun;
  logic unused_write_length;
  logic [31:0] unused_written;
  wire unused = &{
      1'b0,
      unused_read_tkeep,
      unused_read_tlast,
      unused_near_tlast,
      unused_read_aborted,
      unused_write_aborted,
      unused_write_underrun,
      unused_write_overrun,
      unused_write_length,
      unused_written
  };

  dma_mm2s #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W)
  ) u_read (
      .aclk,
      .aresetn,
      .s_cmd_address(read_address),
      .s_cmd_bytes(read_bytes),
      .s_cmd_valid(command_valid),
      .s_cmd_ready(read_ready),
      .abort(dma_abort),
      .done(read_done),
      .error_response(read_response_error),
      .error_length(read_length_error),
      .error_address(read_address_error),
      .aborted(unused_read_aborted),
      .m_axi_araddr,
      .m_axi_arlen,
      .m_axi_arsize,
      .m_axi_arburst,
      .m_axi_arcache,
      .m_axi_arprot,
      .m_axi_arvalid,
      .m_axi_arready,
      .m_axi_rdata,
      .m_axi_rresp,
      .m_axi_rlast,
      .m_axi_rvalid,
      .m_axi_rready,
      .m_axis_tdata(read_tdata),
      .m_axis_tkeep(unused_read_tkeep),
      .m_axis_tlast(unused_read_tlast),
      .m_axis_tvalid(read_tvalid),
      .m_axis_tready(read_tready)
  );

  // The way from a buffer in block RAM is long.
  axis_register #(
      .WIDTH(DATA_W)
  ) u_slice (
      .aclk,
      .aresetn(network_aresetn),
      .s_axis_tdata(read_tdata),
      .s_axis_tlast(1'b0),
      .s_axis_tvalid(read_tvalid),
      .s_axis_tready(read_tready),
      .m_axis_tdata(near_tdata),
      .m_axis_tlast(unused_near_tlast),
      .m_axis_tvalid(near_tvalid),
      .m_axis_tready(near_tready)
  );

  axis_dwc #(
      .S_WIDTH(DATA_W),
      .M_WIDTH(INPUT_W),
      .FRAME_BITS(INPUT_FRAME_BITS)
  ) u_input (
      .aclk,
      .aresetn(network_aresetn),
      .s_axis_tdata(near_tdata),
      .s_axis_tvalid(near_tvalid && !(loads && LOAD_BYTES > 0)),
      .s_axis_tready(frame_tready),
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  // What is read are parameters, or frames.
  if (LOAD_BYTES > 0) begin : g_load
    logic load_tready;
    logic unused_load_tlast;

    assign near_tready = loads ? load_tready : frame_tready;

    axis_dwc #(
        .S_WIDTH(DATA_W),
        .M_WIDTH(32),
        .FRAME_BITS(DATA_W)
    ) u_load (
        .aclk,
        .aresetn(network_aresetn),
        .s_axis_tdata(near_tdata),
        .s_axis_tvalid(near_tvalid && loads),
        .s_axis_tready(load_tready),
        .m_axis_tdata(m_axis_load_tdata),
        .m_axis_tlast(unused_load_tlast),
        .m_axis_tvalid(m_axis_load_tvalid),
        .m_axis_tready(m_axis_load_tready)
    );
  end else begin : g_no_load
    assign near_tready = frame_tready;
    assign m_axis_load_tdata = '0;
    assign m_axis_load_tvalid = 1'b0;
  end

  assign write_tlast = converter_tlast && writes_last;

  axis_dwc #(
      .S_WIDTH(RESULT_W),
      .M_WIDTH(DATA_W),
      .FRAME_BITS(RESULT_W * RESULT_BEATS)
  ) u_output (
      .aclk,
      .aresetn(network_aresetn),
      .s_axis_tdata,
      .s_axis_tvalid,
      .s_axis_tready,
      .m_axis_tdata(write_tdata),
      .m_axis_tlast(converter_tlast),
      .m_axis_tvalid(write_tvalid),
      .m_axis_tready(write_tready)
  );

  dma_s2mm #(
      .ADDR_W(ADDR_W),
      .DATA_W(DATA_W)
  ) u_write (
      .aclk,
      .aresetn,
      .s_cmd_address(write_address),
      .s_cmd_bytes(write_bytes),
      .s_cmd_valid(command_valid && !loads),
      .s_cmd_ready(write_ready),
      .abort(dma_abort),
      .done(write_done),
      .error_response(write_response_error),
      .error_underrun(unused_write_underrun),
      .error_overrun(unused_write_overrun),
      .error_length(unused_write_length),
      .error_address(write_address_error),
      .aborted(unused_write_aborted),
      .written(unused_written),
      .m_axi_awaddr,
      .m_axi_awlen,
      .m_axi_awsize,
      .m_axi_awburst,
      .m_axi_awcache,
      .m_axi_awprot,
      .m_axi_awvalid,
      .m_axi_awready,
      .m_axi_wdata,
      .m_axi_wstrb,
      .m_axi_wlast,
      .m_axi_wvalid,
      .m_axi_wready,
      .m_axi_bresp,
      .m_axi_bvalid,
      .m_axi_bready,
      .s_axis_tdata(write_tdata),
      .s_axis_tkeep({BytesPerBeat{1'b1}}),
      .s_axis_tlast(write_tlast),
      .s_axis_tvalid(write_tvalid),
      .s_axis_tready(write_tready)
  );

endmodule

`default_nettype wire
