import type { LoadPlan } from "../../scenarios.ts";
import type { DemoService } from "../service.ts";
import { eventReplayDebugger, websocketService } from "./communication.ts";
import { agentCoordinator, agentDesigner } from "./coordination.ts";
import { knowledgeManager, memoryManager } from "./memory.ts";
import { aiModelService, langchainIntegration } from "./models.ts";
import { monitoringDashboard, performanceMetrics } from "./monitoring.ts";
import { rlOrchestrator, workflowEngine } from "./workflow.ts";

/** What each service of the catalogue does, by its id. */
export const SERVICES: Record<string, (service: DemoService, load: LoadPlan) => void> = {
  "agent-coordinator": agentCoordinator,
  "agent-designer": agentDesigner,
  "ai-model-service": aiModelService,
  "langchain-integration": langchainIntegration,
  "memory-manager": memoryManager,
  "knowledge-manager": knowledgeManager,
  "workflow-engine": workflowEngine,
  "rl-orchestrator": rlOrchestrator,
  "monitoring-dashboard": monitoringDashboard,
  "performance-metrics": performanceMetrics,
  "websocket-service": websocketService,
  "event-replay-debugger": eventReplayDebugger,
};
